# A bad line to run things behind: build/tests/line/shaped_line delay=150 rate=64 -- COMMAND
SHAPED_LINE := $(BUILD)/tests/line/shaped_line
$(SHAPED_LINE): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/line/*.c))
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -o $@ $^

CHECKS += check-line
.PHONY: check-line
check-line: $(SHAPED_LINE)
	BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 python3 tests/line/test_line.py

# What the page's figures on such a line need.
.PHONY: page-line
page-line: $(SHAPED_LINE) $(PROGRAMS) $(BROWSER_PACKAGES)
