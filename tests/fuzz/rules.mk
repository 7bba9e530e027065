# tests/fuzz/fuzz_COMPONENT.c, or fuzz_COMPONENT_WHAT.c, is linked with that component and clang's libFuzzer. What it
# finds is kept in $(FUZZ_BUILD)/corpus; an input that breaks something is written to the working directory.
.PHONY: fuzz fuzzers
TIME ?= 30
FUZZ_BUILD := build-fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_$(ONLY)*.c))

SEEDS_fuzz_config := configs/demo configs/profiles/modbus configs/profiles/scpi tests/unit/config/good

fuzz: ## fuzz each parser for TIME=30 seconds (ONLY=config: that one)
	$(MAKE) CC=clang-19 SAN=address,undefined BUILD=$(FUZZ_BUILD) CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' fuzzers
	@$(foreach f,$(FUZZERS),echo '$(f): $(TIME) s' && mkdir -p $(FUZZ_BUILD)/corpus/$(f) && \
		if $(FUZZ_BUILD)/tests/fuzz/$(f) -max_total_time=$(TIME) -max_len=16384 -timeout=10 -print_final_stats=1 \
			$(FUZZ_BUILD)/corpus/$(f) $(SEEDS_$(f)) >$(FUZZ_BUILD)/$(f).log 2>&1; \
		then grep '^stat::' $(FUZZ_BUILD)/$(f).log; else tail -n 40 $(FUZZ_BUILD)/$(f).log; exit 1; fi &&) true

fuzzers: $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
define fuzzer
$(BUILD)/tests/fuzz/$(1): $(BUILD)/tests/fuzz/$(1).o $(call archives,$(word 2,$(subst _, ,$(1))))
	$$(CC) $$(CFLAGS) $$(PROJECT_LDFLAGS) $$(LDFLAGS) -fsanitize=fuzzer -pthread -o $$@ $$< \
		$(call libraries,$(word 2,$(subst _, ,$(1))))
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))
