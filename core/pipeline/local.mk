# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/finish.c %D%/finish.h \
	%D%/machine.c %D%/machine.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/reference.c %D%/reference.h \
	%D%/run.c %D%/run.h \
	%D%/start.c %D%/start.h \
	%D%/step.c %D%/step.h \
	%D%/step_choice.c \
	%D%/step_external.c \
	%D%/step_fields.c \
	%D%/step_form.c \
	%D%/step_leave.c \
	%D%/step_oauth1.c \
	%D%/tasks.c

UNIT_TESTS += tests/unit/test_pipeline_machine
tests_unit_test_pipeline_machine_SOURCES = tests/unit/test_pipeline_machine.c

UNIT_TESTS += tests/unit/test_pipeline_fields
tests_unit_test_pipeline_fields_SOURCES = tests/unit/test_pipeline_fields.c

UNIT_TESTS += tests/unit/test_pipeline_reference
tests_unit_test_pipeline_reference_SOURCES = tests/unit/test_pipeline_reference.c
