# The protocol of lease and safe state (docs/model), searched to its end by spin: make check-model (ONLY=name)
CHECKS += check-model
.PHONY: check-model
check-model: ## verify the model of lease and safe state, and find its deliberate defects (ONLY=name)
	tests/model/run $(BUILD) $(ONLY)
