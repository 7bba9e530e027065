# Figures against the bare libraries, on the same simulator in the same run: make bench ONLY=pattern
# A program of tests/bench, or a script there that is executable, prints rows: name, figure, bound, ok or short.
BENCH_SOURCES := $(wildcard tests/bench/*.c)
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)

BENCH_NEEDS := link client booking rig ledger
$(BENCH_PROGRAMS): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(foreach c,$(BENCH_NEEDS),$(call archives,$(c)))
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(foreach c,$(BENCH_NEEDS),$(call libraries,$(c)))
$(BENCH_SOURCES:%.c=$(BUILD)/%.o): | $(PROTO_C)

# What bears down on the gateway, where Python could not.
BENCH_LOADS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/load/*.c))
$(BENCH_LOADS): $(BUILD)/%: $(BUILD)/%.o
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $<

# Tests of the link that use real lines.
$(BUILD)/tests/unit/link/test_faults: | $(BUILD)/labsim

.PHONY: bench
bench: $(BENCH_PROGRAMS) $(BENCH_LOADS) $(PROGRAMS) shims ## measure against the bare libraries (ONLY=pattern)
	@tests/bench/run $(BUILD) '$(ONLY)'
