# SPDX-License-Identifier: Apache-2.0
CHECK_SOURCES = \
	%D%/callback.c %D%/callback.h \
	%D%/calls.c %D%/calls.h \
	%D%/compare.c %D%/compare.h \
	%D%/registrations.c %D%/registrations.h \
	%D%/replay.c %D%/replay.h \
	%D%/report.c %D%/report.h \
	%D%/runner.c %D%/runner.h \
	%D%/script.c %D%/script.h

bin_PROGRAMS += mortise-check
mortise_check_SOURCES = %D%/main.c $(CHECK_SOURCES)
mortise_check_CFLAGS = $(AM_CFLAGS) $(MORTISE_PIE_CFLAGS)
mortise_check_LDFLAGS = $(AM_LDFLAGS) $(MORTISE_PIE_LDFLAGS)
mortise_check_LDADD = libcore.la
dist_man_MANS += docs/man/mortise-check.1

# Our own plugins, with the calls in their testdata/.
TESTS += tests/plugin_calls.sh
EXTRA_DIST += tests/plugin_calls.sh
