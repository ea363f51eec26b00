# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/identity.c %D%/identity.h \
	%D%/integration.c %D%/integration.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/link.c %D%/link.h %D%/link_private.h \
	%D%/plugin.c %D%/plugin.h
