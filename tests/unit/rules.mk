# Tests that need more components than the one they stand in.

# The client against a real bus, over every transport.
$(BUILD)/tests/unit/control/test_transports: $(BUILD)/tests/unit/control/test_transports.o $(call archives,control) \
		$(call archives,client)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,control) \
		$(call libraries,client) -lcmocka

# A line against what the analysis says of it.
$(BUILD)/tests/unit/link/test_bound: $(BUILD)/tests/unit/link/test_bound.o $(call archives,link) $(call archives,analysis)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,link) \
		$(call libraries,analysis) -lcmocka

# Memory runs out where the test says so.
$(BUILD)/tests/unit/ledger/test_sync: LDFLAGS += -Wl,--wrap=malloc
$(BUILD)/tests/unit/rig/test_memory: LDFLAGS += -Wl,--wrap=calloc,--wrap=malloc

# A decision's actions in the order in which they are carried out: lines and records are put aside.
$(BUILD)/tests/unit/control/test_order: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,rig_handle rig_session rig_revision \
	link_write link_read link_set_epoch notes_record notes_notice notes_changes remember respond_action practice_record \
	classroom_record)

# A rig's no in words, of a rig that says what the test lets it.
$(BUILD)/tests/unit/control/test_explain: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,rig_unfit rig_condition rig_is_local \
	rig_durable rig_values rig_controller rig_seats lockouts_list)

# Of such a rig, too, whether it is in service.
$(BUILD)/tests/unit/control/test_service: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,rig_condition rig_is_local rig_durable)

# Memory runs out where the test says so, and what is asked for is looked at.
$(BUILD)/tests/unit/control/test_unsent: LDFLAGS += -Wl,--wrap=malloc,--wrap=realloc

# A report of a laboratory that the test makes up; how much of the calendar is walked at once is looked at.
$(BUILD)/tests/unit/control/test_report: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,attend term_next_open requests_is_staff \
	requests_wait pending_find pending_remove ledger_read_used ledger_read_no_room respond_begin respond_send \
	translate_report)

# What the ledger is asked to store, and what the journal says, are looked at.
$(BUILD)/tests/unit/control/test_no_room: LDFLAGS += -Wl,--wrap=ledger_put_no_room,--wrap=journal_write

# The ledger's queue has room when the test says so.
$(BUILD)/tests/unit/control/test_sessions: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,ledger_put_ticket \
	ledger_drop_ticket notices_tell no_room_waited sessions_answer_request)

# A rig's values are the test's.
$(BUILD)/tests/unit/control/test_show: LDFLAGS += -Wl,--wrap=rig_values
