# SPDX-License-Identifier: Apache-2.0
CTL_SOURCES = \
	%D%/backup.c %D%/backup.h \
	%D%/client.c %D%/client.h \
	%D%/commands.c %D%/commands.h \
	%D%/import.c %D%/import.h \
	%D%/print.c %D%/print.h \
	%D%/record.c %D%/record.h

bin_PROGRAMS += mortisectl
mortisectl_SOURCES = %D%/main.c $(CTL_SOURCES) \
	core/base/buf.c core/base/err.c core/base/mem.c
mortisectl_CFLAGS = $(AM_CFLAGS) $(MORTISE_PIE_CFLAGS)
mortisectl_LDFLAGS = $(AM_LDFLAGS) $(MORTISE_PIE_LDFLAGS)
mortisectl_LDADD = $(JANSSON_LIBS)

UNIT_TESTS += tests/unit/test_ctl
tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c $(CTL_SOURCES)
dist_man_MANS += docs/man/mortisectl.1
