# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/rules.c %D%/rules.h \
	%D%/sealed.c %D%/sealed.h
dist_pkgdata_DATA = %D%/aws-regions

UNIT_TESTS += tests/unit/test_forward_rules
tests_unit_test_forward_rules_SOURCES = tests/unit/test_forward_rules.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
