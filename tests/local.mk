# SPDX-License-Identifier: Apache-2.0
# A fuzz target is declared by its owner: FUZZ_TARGETS += tests/fuzz/fuzz_x.  In a
# plain build each is a program that runs its seeds (tests/fuzz/seeds/x/).  Configured
# with --enable-fuzzing CC=clang it is libFuzzer's: tests/fuzz/fuzz_x FOLDER.
check_LIBRARIES = %D%/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = %D%/fuzz/replay.c
check_PROGRAMS += $(FUZZ_TARGETS)
if FUZZING
FUZZ_MAIN =
AM_CFLAGS += -fsanitize=fuzzer-no-link
AM_LDFLAGS += $(FUZZ_FLAGS)
else
FUZZ_MAIN = %D%/fuzz/libreplay.a
TESTS += $(FUZZ_TARGETS)
endif

EXTRA_DIST += %D%/unit/unit.h %D%/fuzz/seeds %D%/blackbox %D%/upstream tools .ci \
	package.json package-lock.json .npmrc

include %D%/blackbox/local.mk

# The black-box tests: a real mortised from this build on temporary directories.
# BLACKBOX=file narrows it.
NODE = node
BLACKBOX = $(abs_top_srcdir)/tests/blackbox/*.test.mjs
check-blackbox: all $(check_LTLIBRARIES) $(check_PROGRAMS)
	builddir='$(abs_top_builddir)' $(NODE) --test --test-concurrency=2 \
		--test-reporter=spec $(BLACKBOX)
.PHONY: check-blackbox
