# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/acceptance.c \
	%D%/allowance.c \
	%D%/call.c \
	%D%/host.c \
	%D%/host_cache.c \
	%D%/host_call.c \
	%D%/host_read.c \
	%D%/last_words.c \
	%D%/plugin_change.c \
	%D%/plugin_log.c \
	%D%/plugin_note.c %D%/plugin_note.h \
	%D%/provider.c %D%/provider.h %D%/provider_private.h \
	%D%/recorder.c %D%/recorder.h \
	%D%/recording.c %D%/recording.h \
	%D%/registration.c %D%/registration.h \
	%D%/supervisor.c %D%/supervisor_private.h

UNIT_TESTS += tests/unit/test_base_merge_patch tests/unit/test_provider_plugin_note \
	tests/unit/test_provider_recording \
	tests/unit/test_provider_registration tests/unit/test_provider_supervisor
tests_unit_test_base_merge_patch_SOURCES = tests/unit/test_base_merge_patch.c
tests_unit_test_provider_plugin_note_SOURCES = tests/unit/test_provider_plugin_note.c
tests_unit_test_provider_recording_SOURCES = tests/unit/test_provider_recording.c
tests_unit_test_provider_registration_SOURCES = tests/unit/test_provider_registration.c
tests_unit_test_provider_supervisor_SOURCES = tests/unit/test_provider_supervisor.c
