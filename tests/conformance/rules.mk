# Every driver on labsim with every fault: make check-conformance
CONFORMANCE := $(BUILD)/tests/conformance/conformance
CONFORMANCE_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/conformance/*.c))

$(CONFORMANCE): $(CONFORMANCE_OBJECTS) $(call archives,drivers)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $(CONFORMANCE_OBJECTS) $(call libraries,drivers)

CHECKS += check-conformance
.PHONY: check-conformance
check-conformance: $(CONFORMANCE) $(BUILD)/labsim ## try every driver on the simulator with every fault
	$(CONFORMANCE) $(BUILD)/labsim
