# Kabaido API: `make demo` runs it all, `make test` proves it; `make help` lists the rest.

BUILD    ?= build
CC       ?= cc
SANITIZE ?=
VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo development)

PACKAGES := libpq json-c libcrypto zlib
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
ALL_CFLAGS = -std=c17 $(WARNINGS) $(HARDEN) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
LIBRARIES  = $(shell pkg-config --libs $(PACKAGES)) -lfcgi

# V=1 shows whole commands.
ifeq ($(V),)
.SILENT:
SAY = printf '  %-4s %s\n'
else
SAY = :
endif

QUERIES := $(sort $(wildcard sql/queries/*.sql sql/queries/tool/*.sql))
MODULES := $(filter-out app/main.c app/kabaidoctl.c,$(wildcard app/*.c app/resources/*.c))
TOOL    := app/kabaidoctl.c $(wildcard app/tool/*.c)
ARCHIVE := $(BUILD)/kabaido.a

.DEFAULT_GOAL := build

.PHONY: build
build: $(BUILD)/kabaido-api $(BUILD)/kabaidoctl

# A program takes from the archive what it uses, and only the libraries of that.
$(BUILD)/kabaido-api: $(BUILD)/app/main.o $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ $(LIBRARIES)

$(BUILD)/kabaidoctl: $(TOOL:%.c=$(BUILD)/%.o) $(ARCHIVE)
	$(SAY) LINK $@
	$(CC) $(LINK) -o $@ $^ $(LIBRARIES)

$(ARCHIVE): $(MODULES:%.c=$(BUILD)/%.o) $(BUILD)/queries.o
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/queries.h $(BUILD)/queries.c &: scripts/embed-sql $(QUERIES)
	scripts/embed-sql $(BUILD) $(QUERIES)

$(BUILD)/%.o: %.c $(BUILD)/queries.h
	$(SAY) CC $<
	mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/queries.o: $(BUILD)/queries.c $(BUILD)/queries.h
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
