# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += %D%/machine.c %D%/machine.h %D%/pipeline.h

UNIT_TESTS += tests/unit/test_pipeline_machine
tests_unit_test_pipeline_machine_SOURCES = tests/unit/test_pipeline_machine.c
