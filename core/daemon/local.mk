# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += %D%/daemon.c %D%/daemon.h %D%/notify.c %D%/notify.h \
	%D%/sockets.c %D%/sockets.h %D%/watchdog.c %D%/watchdog.h

sbin_PROGRAMS += mortised
mortised_SOURCES = %D%/main.c
mortised_CFLAGS = $(AM_CFLAGS) $(MORTISE_PIE_CFLAGS)
mortised_LDFLAGS = $(AM_LDFLAGS) $(MORTISE_PIE_LDFLAGS)
mortised_LDADD = libcore.la
