# Kabaido API: `make demo` runs it all, `make test` proves it; `make help` lists the rest.

BUILD    ?= build
CC       ?= cc
SANITIZE ?=
VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo development)

PACKAGES := libpq json-c libcrypto zlib libidn2
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
            -Wvla -Walloca -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings -Werror
CPPFLAGS += -D_GNU_SOURCE -Iapp -I$(BUILD) -DKABAIDO_VERSION='"$(VERSION)"' -include app/banned.h
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
LINK     := -pie -Wl,-z,relro,-z,now,--as-needed
ifneq ($(SANITIZE),)
BUILD    := build/sanitize
HARDEN   := -fPIE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK     := -pie -Wl,--as-needed -fsanitize=address,undefined
endif
# Only `make fuzz` sets it: everything is built for libFuzzer, which comes with clang. What is read
# before it is written is a pattern, and no NUL by chance.
FUZZING  ?=
ifneq ($(FUZZING),)
BUILD    := build/fuzz
CC       := clang
HARDEN   := -fPIE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
            -fno-omit-frame-pointer -ftrivial-auto-var-init=pattern
LINK     := -pie -Wl,--as-needed -fsanitize=address,undefined
endif
ALL_CFLAGS = -std=c17 $(WARNINGS) $(HARDEN) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
LIBRARIES  = $(shell pkg-config --libs $(PACKAGES)) -lfcgi

# V=1 shows whole commands.
ifeq ($(V),)
.SILENT:
SAY = printf '  %-4s %s\n'
else
SAY = :
endif

QUERIES := $(sort $(wildcard sql/queries/*.sql sql/queries/settings/*.sql sql/queries/tool/*.sql))
MODULES := $(filter-out app/main.c app/kabaidoctl.c,$(wildcard app/*.c app/resources/*.c app/settings/*.c app/tool/*.c))
ARCHIVE := $(BUILD)/kabaido.a

.DEFAULT_GOAL := build

.PHONY: build
build: $(BUILD)/kabaido-api $(BUILD)/kabaidoctl

# A program takes from the archive what it uses, and only the libraries of that.
$(BUILD)/kabaido-api: $(BUILD)/app/main.o $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ $(LIBRARIES)

$(BUILD)/kabaidoctl: $(BUILD)/app/kabaidoctl.o $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ $(LIBRARIES)

$(ARCHIVE): $(MODULES:%.c=$(BUILD)/%.o) $(BUILD)/queries.o $(BUILD)/free_mail.o $(BUILD)/openapi.o
	rm -f $@
	$(AR) rcs $@ $^

# The stamp is new when the script has run; the two files are only when they are different. A
# statement that goes or gets another name changes its folder.
$(BUILD)/queries.stamp: scripts/embed-sql $(QUERIES) sql/queries sql/queries/settings \
                         sql/queries/tool sql/sqitch.plan
	scripts/embed-sql $(BUILD) sql/sqitch.plan $(QUERIES)
	touch $@
$(BUILD)/queries.h $(BUILD)/queries.c: $(BUILD)/queries.stamp ;

# The API's description: one source, checked against the table and the answers by tests/document.
DOCUMENT := $(wildcard app/openapi/openapi.yaml app/openapi/guides/*.md app/openapi/samples/*)

$(BUILD)/compile-openapi: app/openapi/compile.c
	mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LINK) -o $@ $< -lyaml

$(BUILD)/openapi.json: $(BUILD)/compile-openapi $(DOCUMENT)
	$(BUILD)/compile-openapi app/openapi/openapi.yaml >$@.new
	mv $@.new $@

$(BUILD)/openapi.c: scripts/embed-openapi $(BUILD)/openapi.json
	scripts/embed-openapi $(BUILD)/openapi.json >$@.new
	mv $@.new $@

$(BUILD)/%.o: %.c $(BUILD)/queries.h
	$(SAY) CC $<
	mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/queries.o $(BUILD)/openapi.o: $(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/queries.h
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/free_mail.c: scripts/embed-free-mail data/free-mail/domains.txt
	mkdir -p $(@D)
	scripts/embed-free-mail data/free-mail/domains.txt >$@.new
	mv $@.new $@

$(BUILD)/free_mail.o: $(BUILD)/free_mail.c app/free_mail.h
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# --- The demo ---------------------------------------------------------------------------------

# demo: in the foreground, until Ctrl-C; up, down: in the background.
.PHONY: demo up down
demo:
	scripts/stack run
up:
	scripts/stack up
down:
	scripts/stack down

# Only root can make network namespaces.
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo )

# Two API hosts and three database hosts under Patroni, in network namespaces.
.PHONY: demo-cluster
demo-cluster:
	$(AS_ROOT)scripts/cluster run

# --- Tests ------------------------------------------------------------------------------------

# The longest first: two run side by side, each prints what it has to say when it is done, and goes on
# when another has failed.
SUITES := api check unit cluster browser faults cli sql ops document

.PHONY: test suites
test:
	scripts/packages build run test check faults pooler cluster ops browser node bench
	mkdir -p $(BUILD) && : >$(BUILD)/passed
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target --keep-going suites || { \
	    printf '\nfailed: %s\n' "$$(printf '%s\n' $(SUITES) | grep -vxFf $(BUILD)/passed | xargs)" >&2; \
	    exit 1; }
suites: $(SUITES)

# usage: $(call suite,COMMAND), of a target that is named as the suite.
suite = printf '\n== %s\n' $@; $(1) && echo $@ >>$(BUILD)/passed

FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))

# The C modules alone, without database or web server; and the fuzz targets over their corpora.
.PHONY: unit
unit: $(UNIT_TESTS) $(FUZZ_TARGETS)
	$(call suite,tests/unit/run $(UNIT_TESTS) && tests/fuzz/run-corpora $(FUZZ_TARGETS))

# A test takes the place of what it defines itself, or wraps by name.
wrap = $(foreach symbol,$(1),-Wl,--wrap=$(symbol))
$(BUILD)/tests/unit/test_secret: LINK += $(call wrap,RAND_bytes)
$(BUILD)/tests/unit/test_memory: LINK += $(call wrap,malloc json_object_new_object \
    json_object_new_string json_object_new_int64 json_object_object_add \
    json_object_to_json_string_length)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ -lcmocka $(LIBRARIES)

# A fuzz target is one file; what they share stands in for the web server, the database and scrypt.
FUZZ_SHARED := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/fuzz/fuzz_% tests/fuzz/replay.c, \
                 $(wildcard tests/fuzz/*.c)))
FUZZ_MAIN   := $(if $(FUZZING),,$(BUILD)/tests/fuzz/replay.o)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(FUZZ_SHARED) $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) $(call wrap,secret_scrypt) $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $^ $(LIBRARIES)

# Each target, or the one that FUZZ names, for so many seconds.
FUZZ         ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

.PHONY: fuzz fuzz-targets
fuzz: packages-fuzz
	$(MAKE) --no-print-directory FUZZING=1 fuzz-targets
	tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)

fuzz-targets: $(addprefix $(BUILD)/tests/fuzz/fuzz_,$(FUZZ))

# With real PostgreSQL, workers and nginx, by Debian's own Python. What the tests start is not to share
# our jobs.
PYTEST = MAKEFLAGS= PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest

.PHONY: sql api cli faults ops document browser
sql api cli faults ops document browser: packages-test build
	$(call suite,$(PYTEST) tests/$@)

# Root is to leave nothing behind that the checkout's owner cannot remove: no cache.
NO_CACHE := -p no:cacheprovider -W ignore::pytest.PytestConfigWarning

.PHONY: cluster
cluster: packages-test packages-cluster build
	$(call suite,$(AS_ROOT)env SANITIZE=$(SANITIZE) $(PYTEST) $(NO_CACHE) tests/cluster)

document: node-modules
browser: packages-browser
ops: packages-ops bench-parts
faults: packages-faults packages-pooler

# Minutes of sqlmap against every place where a client can put text; the rest is in the suite api.
.PHONY: test-injection
test-injection: packages-test
	scripts/packages injection
	$(PYTEST) tests/injection

# The suite faults with every fault tried many times: about a quarter of an hour.
.PHONY: test-faults
test-faults: packages-test packages-faults packages-pooler
	KABAIDO_TEST_FAULTS=full $(PYTEST) tests/faults

# The suite cluster with every failover tried ten times: the better part of an hour.
.PHONY: test-cluster
test-cluster: packages-test packages-cluster build
	$(AS_ROOT)env KABAIDO_TEST_CLUSTER=full SANITIZE=$(SANITIZE) $(PYTEST) $(NO_CACHE) tests/cluster

# Mixed load for so long, and what it did to memory, files and the database.
SOAK_MINUTES ?= 60
.PHONY: soak
soak: packages-test
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/faults/soak.py $(SOAK_MINUTES)

# The linter of the OpenAPI document and the maker of a client: for this suite and nobody else.
.PHONY: node-modules
node-modules: tests/client-ts/node_modules/.installed
tests/client-ts/node_modules/.installed: tests/client-ts/package.json tests/client-ts/package-lock.json
	scripts/packages node
	cd tests/client-ts && npm ci --no-progress --loglevel error
	touch $@

# The checker of accessibility, for the browser's suite alone.
.PHONY: axe
axe: tests/browser/node_modules/.installed
tests/browser/node_modules/.installed: tests/browser/package.json tests/browser/package-lock.json
	scripts/packages node
	cd tests/browser && npm ci --no-progress --loglevel error
	touch $@

# The pictures of docs/settings.md: some of those that the browser's suite leaves in build/screenshots.
PICTURES := $(addsuffix -1280-light,sign-in keys create key-shown details rotate revoke audit plan empty member) \
            $(addsuffix -1280-dark,keys revoke) $(addsuffix -360-light,keys key-shown empty) \
            $(addsuffix -360-dark,sign-in create audit)

.PHONY: screenshots
screenshots: packages-test packages-browser packages-pictures
	$(PYTEST) tests/browser/test_settings_views.py
	mkdir -p docs/screenshots
	for picture in $(PICTURES); do \
	    pngquant --force --strip --speed 1 --output docs/screenshots/$$picture.png \
	        build/screenshots/$$picture.png || exit; \
	done

.PHONY: packages-browser packages-cluster packages-faults packages-fuzz packages-ops packages-pictures \
        packages-pooler
packages-browser packages-cluster packages-faults packages-fuzz packages-ops packages-pictures \
packages-pooler: packages-%:
	scripts/packages $*

# Figures, not promises: BENCH is what tests/bench/bench.py is to be told.
.PHONY: bench
bench: bench-parts
	/usr/bin/python3 tests/bench/bench.py $(BENCH)

# Also for the suite that sees whether it runs.
.PHONY: bench-parts
bench-parts: packages-test build $(BUILD)/tests/bench/hello tests/bench/peer/node_modules/.installed
	scripts/packages bench

$(BUILD)/tests/bench/hello: $(BUILD)/tests/bench/hello.o
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ -lfcgi

tests/bench/peer/node_modules/.installed: tests/bench/peer/package.json tests/bench/peer/package-lock.json
	scripts/packages node
	cd tests/bench/peer && npm ci --no-progress --loglevel error
	touch $@

.PHONY: check
check: packages-test $(BUILD)/queries.h
	$(call suite,scripts/check $(CPPFLAGS) $(ALL_CFLAGS))

# What `make demo` and `make test` are to a stranger: in a bare Debian 12 made for it.
.PHONY: test-fresh
test-fresh:
	scripts/packages fresh
	scripts/test-fresh

.PHONY: packages-test
packages-test:
	scripts/packages build run test check

# --- Installation -----------------------------------------------------------------------------

# DESTDIR is for packages. What is installed goes by uninstall again; /etc/kabaido is the operator's.
PREFIX  ?= /usr/local
SBIN    := $(PREFIX)/sbin
SHARE   := $(PREFIX)/share/kabaido
DOC     := $(PREFIX)/share/doc/kabaido-api
MAN     := $(PREFIX)/share/man/man8
UNITS   ?= $(PREFIX)/lib/systemd/system

# The example files name paths as a package has them.
install_example = sed 's|/usr/share/kabaido/|$(SHARE)/|; s|/usr/sbin/kabaido|$(SBIN)/kabaido|' $(1) \
    >$(DESTDIR)$(2) && chmod 644 $(DESTDIR)$(2)

.PHONY: install uninstall
install: build
	install -d $(addprefix $(DESTDIR),$(SBIN) $(SHARE)/sql $(SHARE)/reference $(DOC)/examples $(MAN) \
	    $(UNITS) $(PREFIX)/lib/sysusers.d $(PREFIX)/lib/tmpfiles.d)
	install -m 755 $(BUILD)/kabaido-api $(BUILD)/kabaidoctl $(DESTDIR)$(SBIN)
	for folder in deploy revert verify; do \
	    install -d $(DESTDIR)$(SHARE)/sql/$$folder && \
	    install -m 644 sql/$$folder/*.sql $(DESTDIR)$(SHARE)/sql/$$folder || exit; \
	done
	install -m 644 sql/sqitch.conf sql/sqitch.plan sql/roles.sql $(DESTDIR)$(SHARE)/sql
	install -m 644 $(wildcard app/reference/*) $(DESTDIR)$(SHARE)/reference
	for page in $(wildcard app/settings/page); do \
	    install -d $(DESTDIR)$(SHARE)/settings && \
	    install -m 644 $$page/* $(DESTDIR)$(SHARE)/settings || exit; \
	done
	install -m 644 README.md LICENSE $(wildcard docs/*.md) $(DESTDIR)$(DOC)
	install -m 644 $(wildcard conf/*.conf conf/*.json conf/*.yml conf/systemd/*.conf) \
	    $(DESTDIR)$(DOC)/examples
	install -m 644 conf/kabaido.env.example $(DESTDIR)$(DOC)/examples/kabaido.env
	install -m 644 conf/pgbouncer.ini.example $(DESTDIR)$(DOC)/examples/pgbouncer.ini
	install -m 644 conf/patroni.yml.example $(DESTDIR)$(DOC)/examples/patroni.yml
	$(call install_example,nginx.conf.example,$(DOC)/examples/nginx.conf)
	install -m 644 docs/man/*.8 $(DESTDIR)$(MAN)
	$(call install_example,conf/systemd/kabaido-api.service,$(UNITS)/kabaido-api.service)
	install -m 644 conf/systemd/kabaido-api.socket $(DESTDIR)$(UNITS)
	install -m 644 conf/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/kabaido-api.conf
	install -m 644 conf/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/kabaido-api.conf
	rm -f $(addprefix $(DESTDIR)$(DOC)/examples/,sysusers.conf tmpfiles.conf)

uninstall:
	rm -f $(addprefix $(DESTDIR),$(SBIN)/kabaido-api $(SBIN)/kabaidoctl \
	    $(MAN)/kabaido-api.8 $(MAN)/kabaidoctl.8 \
	    $(UNITS)/kabaido-api.service $(UNITS)/kabaido-api.socket \
	    $(PREFIX)/lib/sysusers.d/kabaido-api.conf $(PREFIX)/lib/tmpfiles.d/kabaido-api.conf)
	rm -rf $(addprefix $(DESTDIR),$(SHARE) $(DOC))

# A Debian package in build/deb, of the files as they stand here; lintian has the last word.
.PHONY: deb
deb:
	scripts/packages build test deb
	scripts/make-deb

# The package and docs/operations.md, step by step, in a bare Debian 12 with systemd made for it.
.PHONY: test-deb
test-deb:
	scripts/packages build test deb
	scripts/test-deb

# ----------------------------------------------------------------------------------------------

.PHONY: help
help:
	echo 'make            builds build/kabaido-api and build/kabaidoctl; SANITIZE=1, V=1'
	echo 'make demo       installs what is missing, builds, and runs it all until Ctrl-C'
	echo 'make up, down   the same in the background, and its end'
	echo 'make demo-cluster  two API hosts, three database hosts under Patroni, until Ctrl-C'
	echo 'make test       everything; SANITIZE=1 for AddressSanitizer and UBSan'
	echo '  make check    format, lint, and that documents and code agree'
	echo '  make unit     the C modules alone'
	echo '  make sql, api, cli, faults, cluster, ops, document, browser'
	echo '                one suite of tests/'
	echo 'make test-injection  sqlmap at every parameter and member: minutes'
	echo 'make test-faults  the suite faults with hundreds of tries, and a table of what they cost'
	echo 'make test-cluster  the suite cluster with every failover ten times, and what they cost'
	echo 'make soak       mixed load for SOAK_MINUTES (60), and what it did to memory and files'
	echo 'make fuzz       libFuzzer on what strangers send; FUZZ=target, FUZZ_SECONDS=60 each'
	echo 'make bench      figures of this machine; BENCH=... (tests/bench/README.md)'
	echo 'make test-fresh demo and test in a bare Debian 12 made for it, as root'
	echo 'make install    into DESTDIR and PREFIX (/usr/local); make uninstall takes it out again'
	echo 'make deb        a Debian package in build/deb'
	echo 'make test-deb   the package and the handbook in a bare Debian 12 with systemd, as root'
	echo 'make screenshots  the pictures of docs/settings.md anew'
	echo 'make clean      removes what was built; .run/ (the demo) stays'

.PHONY: clean
clean:
	rm -rf build

# Objects of tests stay for the next build.
.SECONDARY:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
