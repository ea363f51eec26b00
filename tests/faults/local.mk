# SPDX-License-Identifier: Apache-2.0
# A library that tests preload into mortised; see there.
check_LTLIBRARIES += %D%/faults.la
tests_faults_faults_la_SOURCES = %D%/faults.c
tests_faults_faults_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_faults_faults_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
