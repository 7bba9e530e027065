# Tests that need more components than the one they stand in.

# The client against a real bus, over every transport.
$(BUILD)/tests/unit/control/test_transports: $(BUILD)/tests/unit/control/test_transports.o $(call archives,control) \
		$(call archives,client)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,control) \
		$(call libraries,client) -lcmocka
