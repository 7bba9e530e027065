# What the documents say is held against the code: names, links, man pages, the commands of labctl.
CHECKS += check-docs
.PHONY: check-docs
check-docs: $(PROGRAMS)
	tests/docs/names
	tests/docs/links
	tests/docs/manuals $(BUILD)
	tests/docs/installation $(BUILD)
