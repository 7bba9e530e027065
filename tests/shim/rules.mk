# Libraries that a test preloads into the programs.
SHIMS := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/shim/*.c))
$(BUILD)/tests/shim/%.so: tests/shim/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(PROJECT_CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -fPIC -shared -o $@ $<
.PHONY: shims
shims: $(SHIMS)
unit: shims
