# Laboratory life from seeds, with the real cores of rigs and timetable:
#   make simulate                          what make check runs
#   make simulate SEED=7 HOURS=24          one seed (SEEDS=n: that many from there)
SIMULATION_SOURCES := $(wildcard tests/simulation/*.c)
SIMULATION_OBJECTS := $(SIMULATION_SOURCES:%.c=$(BUILD)/%.o)
SIMULATE := $(BUILD)/tests/simulation/simulate

$(SIMULATE): $(SIMULATION_OBJECTS) $(BUILD)/gateway/control/service.o $(BUILD)/lib/rig.a $(BUILD)/lib/booking.a
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^ -lm

CHECKS += check-simulation check-mutants
.PHONY: simulate check-simulation check-mutants mutants
simulate: $(SIMULATE) ## play laboratory life against the cores (SEED=n HOURS=h SEEDS=n, CALM=1)
	$(if $(SEED)$(HOURS)$(SEEDS)$(CALM),$< --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) --hours $(or $(HOURS),1) \
		$(if $(CALM),--calm),$(MAKE) -s check-simulation)
check-simulation: $(SIMULATE)
	$< --seeds 2000 --hours 0.15 --jobs $$(nproc)
	$< --seed 100001 --seeds 40 --hours 2 --jobs $$(nproc)
check-mutants: $(SIMULATE)
	tests/simulation/mutants/run $(BUILD) $(ONLY)
mutants: check-mutants ## show that simulation and campaign find deliberate defects of cores and lines (ONLY=name: of a core)
bench: $(SIMULATE)
