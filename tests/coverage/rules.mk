# Branches and conditions (MC/DC) of gateway/rig/ that its unit tests and the simulation reach, compared with the table of
# those that nothing can reach. Built in a folder of its own, with clang 19, which can tell. An expression whose
# conditions it cannot tell apart is a warning, so an error here.
.PHONY: coverage check-coverage coverage-programs
CHECKS += check-coverage
COVERAGE_BUILD := build-coverage
COVERAGE_UNITS := $(patsubst %.c,%,$(wildcard tests/unit/rig/test_*.c))
COVERAGE_SIMULATION := --seed 1 --seeds 300 --hours 0.5

ifneq ($(COVERAGE),)
$(foreach s,$(SOURCES_rig:.c=),$(eval CFLAGS_$(s) := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc))
PROJECT_LDFLAGS += -fprofile-instr-generate
endif

coverage-programs: $(COVERAGE_UNITS:%=$(BUILD)/%) $(BUILD)/tests/simulation/simulate

coverage check-coverage: ## coverage of the core by its tests, down to the single condition
	@$(MAKE) CC=clang-19 BUILD=$(COVERAGE_BUILD) COVERAGE=1 WERROR=1 coverage-programs
	@rm -f $(COVERAGE_BUILD)/*.profraw
	@$(foreach t,$(COVERAGE_UNITS),LLVM_PROFILE_FILE=$(COVERAGE_BUILD)/$(notdir $(t)).profraw \
		$(COVERAGE_BUILD)/$(t) >$(COVERAGE_BUILD)/$(notdir $(t)).log 2>&1 || { cat $(COVERAGE_BUILD)/$(notdir $(t)).log; exit 1; };) true
	@LLVM_PROFILE_FILE=$(COVERAGE_BUILD)/simulate-%p.profraw $(COVERAGE_BUILD)/tests/simulation/simulate \
		$(COVERAGE_SIMULATION) >$(COVERAGE_BUILD)/simulate.log || { tail -n 5 $(COVERAGE_BUILD)/simulate.log; exit 1; }
	@llvm-profdata-19 merge -o $(COVERAGE_BUILD)/all.profdata $(COVERAGE_BUILD)/*.profraw
	@llvm-cov-19 export $(addprefix -object $(COVERAGE_BUILD)/,$(COVERAGE_UNITS) tests/simulation/simulate) \
		-instr-profile=$(COVERAGE_BUILD)/all.profdata -sources $(SOURCES_rig) | \
		tests/coverage/report gateway/rig tests/coverage/unreachable
