# SPDX-License-Identifier: Apache-2.0
# What black-box tests need besides the programs: a service manager, a disk that hangs, and
# descriptors of processes for valgrind.
check_PROGRAMS += %D%/manager
tests_blackbox_manager_SOURCES = %D%/manager.c
tests_blackbox_manager_LDADD =

check_LTLIBRARIES += %D%/stuck.la
tests_blackbox_stuck_la_SOURCES = %D%/stuck.c
tests_blackbox_stuck_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_blackbox_stuck_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

check_LTLIBRARIES += %D%/pidfd.la
tests_blackbox_pidfd_la_SOURCES = %D%/pidfd.c
tests_blackbox_pidfd_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_blackbox_pidfd_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
