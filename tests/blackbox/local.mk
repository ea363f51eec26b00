# SPDX-License-Identifier: Apache-2.0
# What black-box tests need besides the programs: a service manager, a disk that hangs, and
# what valgrind lacks.
check_PROGRAMS += %D%/manager
tests_blackbox_manager_SOURCES = %D%/manager.c
tests_blackbox_manager_LDADD =

check_LTLIBRARIES += %D%/stuck.la
tests_blackbox_stuck_la_SOURCES = %D%/stuck.c
tests_blackbox_stuck_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_blackbox_stuck_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

check_LTLIBRARIES += %D%/valgrind.la
tests_blackbox_valgrind_la_SOURCES = %D%/valgrind.c
tests_blackbox_valgrind_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_blackbox_valgrind_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
