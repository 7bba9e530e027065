# Seeded simulation of the rig's core: make simulate SEED=7 HOURS=24
SIMULATION_SOURCES := $(wildcard tests/simulation/*.c)
SIMULATION_OBJECTS := $(SIMULATION_SOURCES:%.c=$(BUILD)/%.o)

$(BUILD)/tests/simulation/simulate: $(SIMULATION_OBJECTS) $(BUILD)/lib/rig.a
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^ -lm

.PHONY: simulate mutants
simulate: $(BUILD)/tests/simulation/simulate ## play months of lab life against the core (SEED=n, HOURS=n)
	$< $(if $(SEED),--seed $(SEED)) $(if $(HOURS),--hours $(HOURS))
mutants: ## show that the simulation finds deliberate defects of the core
	tests/simulation/mutants/run $(BUILD)
