# What the documents say is held against the code: names, links, man pages, the commands of labctl.
CHECKS += check-docs
.PHONY: check-docs
check-docs: $(PROGRAMS) ## names, links, man pages and installation against the code
	tests/docs/names
	tests/docs/links
	tests/docs/promises
	docs/pictures/draw-terminal 'a session on the demo laboratory' <docs/pictures/session.txt | cmp - docs/pictures/session.svg
	tests/docs/manuals $(BUILD)
	tests/docs/installation $(BUILD)
