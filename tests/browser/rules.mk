# The page in a real browser, with the real daemon and labsim; its pictures land in $(BUILD)/browser.
CHECKS += check-console check-browser
.PHONY: check-console check-browser

BROWSER_PACKAGES := tests/browser/node_modules/.package-lock.json
$(BROWSER_PACKAGES): tests/browser/package-lock.json
	npm --prefix tests/browser ci --ignore-scripts --no-audit --no-fund --prefer-offline
	@touch $@

check-console: $(BROWSER_PACKAGES) $(PAGE_C) ## types of the page's sources
	tests/browser/node_modules/.bin/tsc -p gateway/console

check-browser: $(BROWSER_PACKAGES) $(PROGRAMS) ## the page in Chromium; pictures in build/browser
	BUILD=$(BUILD) node --test --test-concurrency=2 tests/browser/
