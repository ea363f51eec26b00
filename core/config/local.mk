# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/settings.c %D%/settings.h

UNIT_TESTS += tests/unit/test_config_settings
tests_unit_test_config_settings_SOURCES = tests/unit/test_config_settings.c
