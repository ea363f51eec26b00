# SPDX-License-Identifier: Apache-2.0
pkglibexec_PROGRAMS += mortise-host
mortise_host_SOURCES = \
	%D%/api.c %D%/api.h \
	%D%/call.c %D%/call.h \
	%D%/load.c %D%/load.h \
	%D%/lockdown.c %D%/lockdown.h \
	%D%/main.c \
	%D%/registry.c %D%/registry.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/wire.c %D%/wire.h \
	core/base/buf.c core/base/err.c core/base/foreign_json.c core/base/hex.c \
	core/base/json_read.c core/base/mem.c \
	core/base/priority.c \
	$(FRAME_SOURCES)
mortise_host_CFLAGS = $(AM_CFLAGS) $(MORTISE_PIE_CFLAGS)
mortise_host_LDFLAGS = $(AM_LDFLAGS) $(MORTISE_PIE_LDFLAGS)
mortise_host_LDADD = $(JANSSON_LIBS) $(SECCOMP_LIBS) -ldl -lpthread

UNIT_TESTS += tests/unit/test_host
tests_unit_test_host_SOURCES = tests/unit/test_host.c tests/unit/host_peer.c tests/unit/host_peer.h
