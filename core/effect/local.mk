# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/effect.c %D%/effect.h \
	%D%/effect_code.c \
	%D%/effect_integration.c %D%/effect_private.h \
	%D%/effect_sync.c

UNIT_TESTS += tests/unit/test_effect tests/unit/test_storage_integration
tests_unit_test_effect_SOURCES = tests/unit/test_effect.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
tests_unit_test_storage_integration_SOURCES = tests/unit/test_storage_integration.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

UNIT_TESTS += tests/unit/test_effect_code
tests_unit_test_effect_code_SOURCES = tests/unit/test_effect_code.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
