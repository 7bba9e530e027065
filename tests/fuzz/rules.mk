# tests/fuzz/fuzz_COMPONENT.c, or fuzz_COMPONENT_WHAT.c, is linked with that component and clang's libFuzzer. What a run finds
# is kept in $(FUZZ_BUILD)/corpus; an input that breaks something is written there as crash-*. tests/fuzz/corpus/NAME holds the
# inputs that every run begins with: `make fuzz-corpus` makes it anew, as small as it can be.
.PHONY: fuzz fuzzers fuzz-corpus check-fuzz
CHECKS += check-fuzz
TIME ?= 30
FUZZ_BUILD := build-fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_$(ONLY)*.c))
FUZZ_MAKE = $(MAKE) WERROR= WERROR= CC=clang-19 SAN=address,undefined BUILD=$(FUZZ_BUILD) CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' fuzzers

SEEDS_fuzz_config := configs/demo configs/profiles/modbus configs/profiles/scpi tests/unit/config/good
# Shorter than ENVELOPE_PAYLOAD_MAX and a file of the configuration may be, and long enough to reach every branch.
LENGTH := 4096
LENGTH_fuzz_config := 16384

# fuzz_run NAME,OPTIONS: prints its figures, or what it found.
fuzz_run = mkdir -p $(FUZZ_BUILD)/corpus/$(1) && if $(FUZZ_BUILD)/tests/fuzz/$(1) $(2) -timeout=10 -print_final_stats=1 \
		-max_len=$(or $(LENGTH_$(1)),$(LENGTH)) -artifact_prefix=$(FUZZ_BUILD)/$(1)- \
		$(FUZZ_BUILD)/corpus/$(1) $(wildcard tests/fuzz/corpus/$(1)) $(SEEDS_$(1)) >$(FUZZ_BUILD)/$(1).log 2>&1; \
	then echo "$(1):" $$(sed -n 's/^stat::number_of_executed_units: */inputs /p;s/^\#.*DONE *\(cov: [0-9]*\).*/\1/p' $(FUZZ_BUILD)/$(1).log); \
	else tail -n 40 $(FUZZ_BUILD)/$(1).log; exit 1; fi

fuzz: ## fuzz each parser for TIME=30 seconds (ONLY=config: that one)
	$(FUZZ_MAKE)
	@$(foreach f,$(FUZZERS),$(call fuzz_run,$(f),-max_total_time=$(TIME)) &&) true

# The same numbers each time: a check that fails has found something in what changed.
check-fuzz:
	@$(FUZZ_MAKE)
	@$(foreach f,$(FUZZERS),$(call fuzz_run,$(f),-max_total_time=4 -seed=1) &&) true

fuzz-corpus: ## the corpus of tests/fuzz/corpus from what runs have found, as small as it can be
	$(FUZZ_MAKE)
	@$(foreach f,$(filter-out fuzz_config,$(FUZZERS)),mkdir -p tests/fuzz/corpus/$(f) $(FUZZ_BUILD)/merged/$(f) && \
		rm -f $(FUZZ_BUILD)/merged/$(f)/* && \
		$(FUZZ_BUILD)/tests/fuzz/$(f) -merge=1 -max_len=256 $(FUZZ_BUILD)/merged/$(f) $(FUZZ_BUILD)/corpus/$(f) \
			tests/fuzz/corpus/$(f) >$(FUZZ_BUILD)/$(f).merge 2>&1 && \
		rm -rf tests/fuzz/corpus/$(f) && cp -r $(FUZZ_BUILD)/merged/$(f) tests/fuzz/corpus/$(f) &&) true

fuzzers: $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
define fuzzer
$(BUILD)/tests/fuzz/$(1): $(BUILD)/tests/fuzz/$(1).o $(call archives,$(word 2,$(subst _, ,$(1))))
	$$(CC) $$(CFLAGS) $$(PROJECT_LDFLAGS) $$(LDFLAGS) -fsanitize=fuzzer -pthread -o $$@ $$< \
		$(call libraries,$(word 2,$(subst _, ,$(1))))
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))
