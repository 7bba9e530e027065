# labgate - see `make help`. One Makefile, not recursive; everything that is made lands in $(BUILD).
#
#   BUILD=dir       where to build (build, or build-SAN)
#   SAN=address,undefined | thread   sanitizers, in a build folder of their own
#   WERROR=1        warnings are errors
#   CONSOLE=no      without the web page, and so without npm
#   PREFIX, DESTDIR where `make install` puts things
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all demo check install uninstall clean help unit list-unit list-checks
.DEFAULT_GOAL := all

CC ?= gcc
PREFIX ?= /usr/local
comma := ,
SAN ?=
BUILD ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

VERSION := 0.1.0

CFLAGS ?= -O2 -g
PROJECT_CFLAGS := -std=c11 -D_GNU_SOURCE -DLABGATE_VERSION='"$(VERSION)"' -I. -I$(BUILD) -pthread \
	-Wall -Wextra -Wpedantic -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wno-sign-conversion -Wpointer-arith -Wwrite-strings -Wformat=2 \
	-fstack-protector-strong -fno-strict-aliasing -fvisibility=hidden
ifneq ($(SAN),)
# GCC 12 takes wiping a whole structure for an overflow of its first member when it instruments addresses.
PROJECT_CFLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all $(if $(findstring clang,$(shell $(CC) --version)),,-Wno-stringop-overflow)
PROJECT_LDFLAGS += -fsanitize=$(SAN)
else
PROJECT_CFLAGS += -D_FORTIFY_SOURCE=2
PROJECT_LDFLAGS += -Wl,-z,relro,-z,now -Wl,--as-needed
endif
ifneq ($(WERROR),)
PROJECT_CFLAGS += -Werror
endif

# --- components: a folder is a static library; what it needs stands beside it -------------------------------------

COMPONENTS := proto utf8 ical thread terminal rig booking calendar analysis config matrix ledger identity records offline link change control bus client cli drivers sim

DIR_proto := proto
DIR_drivers := drivers
DIR_sim := drivers/sim
$(foreach c,utf8 ical thread terminal rig booking calendar analysis config matrix ledger identity records offline link change control bus client cli,$(eval DIR_$(c) := gateway/$(c)))

# Direct needs, dependents first; the linker gets them in this order.
NEEDS_thread :=
NEEDS_rig :=
NEEDS_booking :=
NEEDS_calendar := booking
NEEDS_proto :=
NEEDS_ical := proto utf8
NEEDS_terminal := utf8
NEEDS_drivers :=
NEEDS_sim :=
NEEDS_analysis := drivers rig
NEEDS_config := analysis drivers booking rig terminal
NEEDS_matrix := config
NEEDS_change := matrix config ledger calendar booking
NEEDS_ledger := thread
NEEDS_identity := ledger rig thread
NEEDS_records := identity ledger rig thread
NEEDS_offline := records identity ledger terminal
NEEDS_link := drivers thread
NEEDS_bus := ical proto
NEEDS_control := change bus link records identity ledger matrix config analysis drivers calendar booking rig thread proto utf8
NEEDS_client := proto
NEEDS_cli := client ical calendar booking proto

SYSTEM_proto := -lprotobuf-c
SYSTEM_drivers := -lmodbus -lserialport
SYSTEM_config := -lyaml
SYSTEM_ledger := -lsqlite3
SYSTEM_bus := -lnng -lseccomp
SYSTEM_identity := -lsodium
SYSTEM_client := -lnng -lsodium
SYSTEM_cli := -lpng

# Components with all that they need, and their system libraries.
closure = $(1) $(foreach n,$(1),$(if $(NEEDS_$(n)),$(call closure,$(NEEDS_$(n)))))
libraries = -Wl,--start-group $(foreach c,$(sort $(call closure,$(1))),$(BUILD)/lib/$(c).a) -Wl,--end-group \
	$(sort $(foreach c,$(call closure,$(1)),$(SYSTEM_$(c)))) -lm
archives = $(foreach c,$(sort $(call closure,$(1))),$(BUILD)/lib/$(c).a)

PROTO_C := $(BUILD)/proto/lab.pb-c.c

define component
SOURCES_$(1) := $$(filter-out %/main.c,$$(wildcard $(DIR_$(1))/*.c))
OBJECTS_$(1) := $$(SOURCES_$(1):%.c=$(BUILD)/%.o)
$(BUILD)/lib/$(1).a: $$(OBJECTS_$(1))
endef
$(foreach c,$(COMPONENTS),$(eval $(call component,$(c))))
OBJECTS_proto += $(PROTO_C:.c=.o)
$(BUILD)/lib/proto.a: $(PROTO_C:.c=.o)

$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	ar rcsD $@ $(filter %.o,$^)

# --- the web page, compiled into the bus -----------------------------------------------------------------------------

PAGE_C := $(BUILD)/console/page_files.c
CONSOLE_SOURCES := $(shell find gateway/console -name node_modules -prune -o -type f -print)
$(PAGE_C): $(CONSOLE_SOURCES) proto/lab.proto scripts/console
	scripts/console $(@D)
$(PAGE_C:.c=.o): $(PAGE_C) $(BUILD)/flags
	$(CC) $(CFLAGS) $(PROJECT_CFLAGS) -MMD -MP -c -o $@ $<
OBJECTS_bus += $(PAGE_C:.c=.o)
$(BUILD)/lib/bus.a: $(PAGE_C:.c=.o)

# --- programs ------------------------------------------------------------------------------------------------------

PROGRAMS := $(BUILD)/labgate $(BUILD)/labctl $(BUILD)/labsim
all: $(PROGRAMS)

$(BUILD)/labgate: $(BUILD)/gateway/main.o $(call archives,control offline)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,control offline)
$(BUILD)/labctl: $(BUILD)/gateway/cli/main.o $(call archives,cli)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,cli)
$(BUILD)/labsim: $(BUILD)/drivers/sim/main.o $(call archives,sim)
	$(CC) $(CFLAGS) $(PROJECT_LDFLAGS) $(LDFLAGS) -pthread -o $@ $< $(call libraries,sim)

# Any change of flags rebuilds what they touch. WERROR changes no object.
FLAGS_NOW = $(CC) $(CFLAGS) $(filter-out -Werror,$(PROJECT_CFLAGS))
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@
.PHONY: force
force:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(PROJECT_CFLAGS) $(CFLAGS_$*) -MMD -MP -c -o $@ $<
$(BUILD)/proto/%.pb-c.o: $(BUILD)/proto/%.pb-c.c $(BUILD)/flags
	$(CC) $(CFLAGS) $(filter-out -Wconversion -Wpedantic,$(PROJECT_CFLAGS)) -MMD -MP -c -o $@ $<
$(BUILD)/proto/%.pb-c.c: proto/%.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=proto --c_out=$(BUILD)/proto $<
# Made beside it; the rule tells make so, which otherwise compares objects with the header as it was before.
$(BUILD)/proto/%.pb-c.h: $(BUILD)/proto/%.pb-c.c ;
# Objects that include the generated header need it first.
$(foreach c,proto ical bus control client cli,$(OBJECTS_$(c))) $(BUILD)/gateway/cli/main.o: | $(PROTO_C)

# --- tests: tests/unit/COMPONENT/test_*.c is a program each, linked with that component ------------------------------

UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
define unit_test
$(BUILD)/tests/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(call archives,$(1))
	$$(CC) $$(CFLAGS) $$(PROJECT_LDFLAGS) $$(LDFLAGS) -pthread -o $$@ $$< $(call libraries,$(1)) -lcmocka
endef
$(foreach c,$(COMPONENTS),$(eval $(call unit_test,$(c))))
.SECONDARY:

unit: $(UNIT_TESTS) ## build the unit tests
list-unit:
	@printf '%s\n' $(UNIT_TESTS)

# Folders of tests add checks of their own: a target check-NAME, listed in CHECKS.
CHECKS :=
include $(wildcard tests/*/rules.mk)
list-checks:
	@printf '%s\n' $(CHECKS)

check: ## run every test (sets itself up first)
	scripts/check

demo: ## play a guided session on the simulated lab, then serve it (ONCE=1: stop after the session)
	@scripts/demo $(if $(ONCE),--once)

# --- installing ------------------------------------------------------------------------------------------------------

BINDIR := $(PREFIX)/bin
SHARE := $(PREFIX)/share
PROFILES := $(wildcard configs/profiles/*/*.yaml)
# As they stand in the tree, so that their links hold.
DOCUMENTS := README.md README.zh-CN.md CONTRIBUTING.md LICENSE proto/lab.proto $(wildcard docs/*.md docs/pictures/*.svg docs/model/*)
COMPLETIONS := $(addprefix $(SHARE)/,bash-completion/completions/labctl zsh/site-functions/_labctl \
	fish/vendor_completions.d/labctl.fish)

# What `make install` puts where, and `make uninstall` takes away.
INSTALLED := $(PROGRAMS:$(BUILD)/%=$(BINDIR)/%) \
	$(PROFILES:configs/profiles/%=$(SHARE)/labgate/profiles/%) \
	$(patsubst docs/man/%,$(SHARE)/man/man8/%,$(wildcard docs/man/*.8)) \
	$(patsubst docs/man/%,$(SHARE)/man/man1/%,$(wildcard docs/man/*.1)) \
	$(DOCUMENTS:%=$(SHARE)/doc/labgate/%) $(SHARE)/doc/labgate/configuration.md $(COMPLETIONS) \
	$(PREFIX)/lib/systemd/system/labgate.service $(PREFIX)/lib/sysusers.d/labgate.conf \
	$(PREFIX)/lib/tmpfiles.d/labgate.conf

put = install -D -m 644 $(1) $(DESTDIR)$(2)
define NEWLINE


endef

install: $(PROGRAMS) ## install below PREFIX=/usr/local (DESTDIR=: under this root)
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(PROGRAMS) $(DESTDIR)$(BINDIR)
	$(foreach p,$(PROFILES),$(call put,$(p),$(p:configs/profiles/%=$(SHARE)/labgate/profiles/%))$(NEWLINE)	)
	$(foreach m,$(wildcard docs/man/*),$(call put,$(m),$(SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))$(NEWLINE)	)
	$(foreach d,$(DOCUMENTS),$(call put,$(d),$(SHARE)/doc/labgate/$(d))$(NEWLINE)	)
	$(BUILD)/labgate reference >$(DESTDIR)$(SHARE)/doc/labgate/configuration.md
	install -d $(dir $(COMPLETIONS:%=$(DESTDIR)%))
	for shell in bash zsh fish; do $(BUILD)/labctl completion $$shell >$(BUILD)/completion.$$shell || exit 1; done
	$(call put,$(BUILD)/completion.bash,$(word 1,$(COMPLETIONS)))
	$(call put,$(BUILD)/completion.zsh,$(word 2,$(COMPLETIONS)))
	$(call put,$(BUILD)/completion.fish,$(word 3,$(COMPLETIONS)))
	sed 's|@BINDIR@|$(BINDIR)|g' scripts/packaging/labgate.service.in >$(BUILD)/labgate.service
	$(call put,$(BUILD)/labgate.service,$(PREFIX)/lib/systemd/system/labgate.service)
	$(call put,scripts/packaging/sysusers.conf,$(PREFIX)/lib/sysusers.d/labgate.conf)
	$(call put,scripts/packaging/tmpfiles.conf,$(PREFIX)/lib/tmpfiles.d/labgate.conf)

uninstall: ## remove what install put there; what the laboratory wrote stays
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	find $(DESTDIR)$(SHARE)/labgate $(DESTDIR)$(SHARE)/doc/labgate -depth -type d -empty -delete 2>/dev/null || true

clean: ## remove what was built
	rm -rf build build-* compile_commands.json

help: ## this list
	@sed -nE 's/^([a-z-]+)( [a-z-]+)*:.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
