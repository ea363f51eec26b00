# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/admin.c %D%/admin.h %D%/admin_private.h \
	%D%/admin_backup.c \
	%D%/admin_daemon.c \
	%D%/admin_dispatch.c \
	%D%/admin_import.c \
	%D%/admin_integration.c \
	%D%/admin_methods.c %D%/admin_methods.h \
	%D%/admin_peer.c \
	%D%/admin_people.c \
	%D%/admin_pipeline.c \
	%D%/admin_plugin.c \
	%D%/admin_queue.c \
	%D%/admin_tables.c \
	%D%/admin_token.c \
	%D%/varlink.c %D%/varlink.h

UNIT_TESTS += tests/unit/test_admin tests/unit/test_admin_people
tests_unit_test_admin_people_SOURCES = tests/unit/test_admin_people.c
tests_unit_test_admin_SOURCES = tests/unit/test_admin.c
