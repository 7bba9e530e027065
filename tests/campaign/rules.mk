# Late and wrong replies on many real lines at once: make campaign FAULTS=100000 SEED=7
CAMPAIGN := $(BUILD)/tests/campaign/campaign
CAMPAIGN_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/campaign/*.c))

$(CAMPAIGN): $(CAMPAIGN_OBJECTS) $(call archives,link)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $(CAMPAIGN_OBJECTS) $(call libraries,link)

CHECKS += check-campaign
.PHONY: campaign check-campaign campaign-mutants
mutants: campaign-mutants
campaign-mutants: $(CAMPAIGN) $(BUILD)/labsim
	LIBRARIES='$(call libraries,link)' tests/campaign/mutants/run $(BUILD)
campaign: $(CAMPAIGN) $(BUILD)/labsim ## 100,000 late and wrong replies on many lines at once (FAULTS=n, SEED=n)
	$(CAMPAIGN) $(BUILD)/labsim faults=$(or $(FAULTS),100000) $(if $(SEED),seed=$(SEED))
# Status 3: the machine was busy with others, nothing is proved. Then it is tried again, three times at most.
check-campaign: $(CAMPAIGN) $(BUILD)/labsim
	@for try in 1 2 3; do \
	    status=0; $(CAMPAIGN) $(BUILD)/labsim faults=5000 seed=1 || status=$$?; \
	    [ $$status = 3 ] || exit $$status; \
	done; exit 3
