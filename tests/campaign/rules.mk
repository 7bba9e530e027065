# Late and wrong replies on many real lines at once: make campaign FAULTS=100000 SEED=7
CAMPAIGN := $(BUILD)/tests/campaign/campaign
CAMPAIGN_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/campaign/*.c))

$(CAMPAIGN): $(CAMPAIGN_OBJECTS) $(call archives,link)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $(CAMPAIGN_OBJECTS) $(call libraries,link)

CHECKS += check-campaign
.PHONY: campaign check-campaign campaign-mutants
mutants: campaign-mutants
campaign-mutants: $(CAMPAIGN) $(BUILD)/labsim
	tests/campaign/mutants/run $(BUILD)
campaign: $(CAMPAIGN) $(BUILD)/labsim ## 100,000 late and wrong replies on many lines at once (FAULTS=n, SEED=n)
	$(CAMPAIGN) $(BUILD)/labsim faults=$(or $(FAULTS),100000) $(if $(SEED),seed=$(SEED))
check-campaign: $(CAMPAIGN) $(BUILD)/labsim
	$(CAMPAIGN) $(BUILD)/labsim faults=5000 seed=1
