# SPDX-License-Identifier: Apache-2.0
# The wire code.  mortise-host has it too, see host/local.mk.
FRAME_SOURCES = \
	%D%/call_scope.c %D%/call_scope.h \
	%D%/crash_page.h \
	%D%/effect_forms.c %D%/effect_forms.h \
	%D%/frame.c %D%/frame.h \
	%D%/registration_fields.c %D%/registration_fields.h \
	%D%/registration_incoming.c \
	%D%/registration_references.c %D%/registration_references_private.h
libcore_la_SOURCES += $(FRAME_SOURCES)

UNIT_TESTS += tests/unit/test_frame tests/unit/test_frame_registration tests/unit/test_frame_effect_forms
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_registration_SOURCES = tests/unit/test_frame_registration.c
tests_unit_test_frame_effect_forms_SOURCES = tests/unit/test_frame_effect_forms.c
