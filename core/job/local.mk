# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/clock_jump.c \
	%D%/dispatch.c \
	%D%/finish.c \
	%D%/insert.c \
	%D%/job.c %D%/job.h %D%/job_private.h \
	%D%/job_admin.c %D%/job_admin.h %D%/job_describe.h \
	%D%/plugin_task.c \
	%D%/policy.c \
	%D%/learn.c \
	%D%/prune.c \
	%D%/ready.c \
	%D%/run.c \
	%D%/schedule.c \
	%D%/spread.c \
	%D%/turn.c

UNIT_TESTS += tests/unit/test_job_order tests/unit/test_job_policy tests/unit/test_job_run
tests_unit_test_job_order_SOURCES = tests/unit/test_job_order.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
tests_unit_test_job_policy_SOURCES = tests/unit/test_job_policy.c
tests_unit_test_job_run_SOURCES = tests/unit/test_job_run.c \
	tests/unit/fake_providers.c tests/unit/fake_providers.h \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
