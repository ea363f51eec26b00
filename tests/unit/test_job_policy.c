/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/job/job_private.h"

#define S INT64_C(1000000)
#define NOW (1000000 * S)
/* Neither shorter nor longer. */
#define NO_JITTER 200

static const struct decision {
	const char *name;
	int code;
	int attempts, faults, strikes; /* before */
	struct job_verdict verdict;    /* without the code */
	int status;
	int64_t delay_us;              /* of a retry */
	int after_attempts, after_faults, after_strikes;
	bool solo;
} decisions[] = {
	{"done", 0, 3, 0, 0, {0}, JOB_DONE, 0, 3, 0, 0, false},
	{"first failure", MORTISE_E_UPSTREAM, 0, 0, 0, {0}, JOB_WAITING, 5 * S, 1, 0, 0, false},
	{"second", MORTISE_E_RETRY, 1, 0, 0, {0}, JOB_WAITING, 15 * S, 2, 0, 0, false},
	{"third", MORTISE_E_UNCERTAIN, 2, 0, 0, {0}, JOB_WAITING, 45 * S, 3, 0, 0, false},
	{"capped", MORTISE_E_UPSTREAM, 8, 0, 0, {0}, JOB_WAITING, 1800 * S, 9, 0, 0, false},
	{"tenth", MORTISE_E_UPSTREAM, 9, 0, 0, {0}, JOB_DEAD, 0, 10, 0, 0, false},
	{"cancelled", MORTISE_E_CANCELLED, 0, 0, 0, {0}, JOB_WAITING, 5 * S, 1, 0, 0, false},
	{"field", MORTISE_E_FIELD, 0, 0, 0, {0}, JOB_DEAD, 0, 0, 0, 0, false},
	{"limit", MORTISE_E_LIMIT, 0, 0, 0, {0}, JOB_DEAD, 0, 0, 0, 0, false},
	{"unsupported", MORTISE_E_UNSUPPORTED, 0, 0, 0, {0}, JOB_DEAD, 0, 0, 0, 0, false},
	{"settings", MORTISE_E_SETTINGS, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"identity", MORTISE_E_IDENTITY, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"not found", MORTISE_E_NOT_FOUND, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"forbidden", MORTISE_E_FORBIDDEN, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"conflict", MORTISE_E_CONFLICT, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"no target", MORTISE_E_NO_TARGET, 0, 0, 0, {0}, JOB_HALTED, 0, 0, 0, 0, false},
	{"third fault", MORTISE_E_INTERNAL, 2, 2, 0, {0}, JOB_WAITING, 45 * S, 3, 3, 0, false},
	{"fourth fault", MORTISE_E_INTERNAL, 3, 3, 0, {0}, JOB_DEAD, 0, 4, 4, 0, false},
	{"refused effects", MORTISE_E_INTERNAL, 0, 0, 0, {.refused = true}, JOB_DEAD, 0, 0, 0, 0, false},
	{"suspect", MORTISE_E_RETRY, 4, 0, 0, {.death = CALL_DEATH_SHARED}, JOB_WAITING, 0, 4, 0, 0,
		true},
	{"strike", MORTISE_E_RETRY, 0, 0, 0, {.death = CALL_DEATH_ALONE}, JOB_WAITING, 5 * S, 1, 0, 1,
		true},
	{"third strike", MORTISE_E_RETRY, 2, 0, 2, {.death = CALL_DEATH_ALONE}, JOB_DEAD, 0, 3, 0, 3,
		true},
	{"the daemon ends", MORTISE_E_RETRY, 9, 0, 0, {.ending = true}, JOB_WAITING, 0, 9, 0, 0,
		false},
	{"rate", MORTISE_E_RATE, 9, 0, 0, {.retry_at_ms = NOW / 1000 + 90000}, JOB_WAITING, 90 * S, 9,
		0, 0, false},
	{"rate without a time", MORTISE_E_RATE, 0, 0, 0, {0}, JOB_WAITING, 60 * S, 0, 0, 0, false},
	{"rate in the past", MORTISE_E_RATE, 0, 0, 0, {.retry_at_ms = 1}, JOB_WAITING, 1 * S, 0, 0, 0,
		false},
	{"rate next year", MORTISE_E_RATE, 0, 0, 0, {.retry_at_ms = NOW / 1000 + INT64_C(31536000000)},
		JOB_WAITING, 86400 * S, 0, 0, 0, false},
};

static void each_code_has_its_fate(void **state)
{
	static const struct job_policy policy = {0};

	(void)state;
	for (size_t i = 0; i < lengthof(decisions); i++) {
		const struct decision *d = &decisions[i];
		struct job_row row = {.attempts = d->attempts, .faults = d->faults,
			.strikes = d->strikes, .started_us = NOW - S};
		struct job_verdict verdict = d->verdict;
		struct job_end end = {0};
		int64_t gate_us;

		verdict.code = d->code;
		job_decide(&policy, &row, &verdict, NOW, NO_JITTER, &end, &gate_us);
		if (end.status != d->status || end.attempts != d->after_attempts ||
			end.faults != d->after_faults || end.strikes != d->after_strikes ||
			end.solo != d->solo ||
			(end.status == JOB_WAITING && end.not_before_us != NOW + d->delay_us))
			fail_msg("case %zu, %s: status %d, attempts %d, delay %lld", i, d->name,
				end.status, end.attempts, (long long)(end.not_before_us - NOW));
		assert_int_equal(gate_us, d->code == MORTISE_E_RATE ? NOW + d->delay_us : 0);
	}
}

static void retries_spread_by_a_fifth(void **state)
{
	static const struct job_policy policy = {.delay_ms = 1000, .factor_percent = 100};
	struct job_row row = {.attempts = 4};
	struct job_verdict verdict = {.code = MORTISE_E_UPSTREAM};
	struct job_end end = {0};
	int64_t gate_us;

	(void)state;
	job_decide(&policy, &row, &verdict, NOW, 0, &end, &gate_us);
	assert_int_equal(end.not_before_us, NOW + S * 8 / 10);
	job_decide(&policy, &row, &verdict, NOW, 400, &end, &gate_us);
	assert_int_equal(end.not_before_us, NOW + S * 12 / 10);
	job_decide(&policy, &row, &verdict, NOW, UINT32_MAX, &end, &gate_us);
	assert_in_range(end.not_before_us, NOW + S * 8 / 10, NOW + S * 12 / 10);
}

static void a_task_declares_its_own_policy(void **state)
{
	static const struct job_policy policy = {.attempts = 2, .delay_ms = 1000,
		.factor_percent = 1000, .max_delay_ms = 4000};
	struct job_row row = {0};
	struct job_verdict verdict = {.code = MORTISE_E_UPSTREAM};
	struct job_end end = {0};
	int64_t gate_us;

	(void)state;
	job_decide(&policy, &row, &verdict, NOW, NO_JITTER, &end, &gate_us);
	assert_int_equal(end.not_before_us, NOW + S);
	row.attempts = 1;
	job_decide(&policy, &row, &verdict, NOW, NO_JITTER, &end, &gate_us);
	assert_int_equal(end.status, JOB_DEAD);
}

static void after_a_day_it_is_a_dead_letter(void **state)
{
	static const int codes[] = {MORTISE_E_UPSTREAM, MORTISE_E_RATE};
	static const struct job_policy policy = {0};
	struct job_row row = {.started_us = NOW - 86401 * S};
	struct job_end end = {0};
	int64_t gate_us;

	(void)state;
	for (size_t i = 0; i < lengthof(codes); i++) {
		struct job_verdict verdict = {.code = codes[i]};

		job_decide(&policy, &row, &verdict, NOW, NO_JITTER, &end, &gate_us);
		assert_int_equal(end.status, JOB_DEAD);
	}
}

/* A clock that was set back takes along what a run has yet to write, once. */
static void what_is_yet_to_be_written_follows_the_clock(void **state)
{
	struct jobs jobs = {.clock_offset_us = NOW};
	struct job_work work = {.clock_offset_us = NOW, .end = {.now_us = NOW,
		.not_before_us = NOW + 5 * S}, .context = {.now_us = NOW}};

	(void)state;
	jobs_clock_move(&jobs, &work);
	assert_int_equal(work.end.not_before_us, NOW + 5 * S);
	jobs.clock_offset_us = NOW + 3600 * S;
	jobs_clock_move(&jobs, &work);
	assert_int_equal(work.end.not_before_us, NOW + 5 * S);
	jobs.clock_offset_us = NOW - 3600 * S;
	for (int i = 0; i < 2; i++) {
		jobs_clock_move(&jobs, &work);
		assert_int_equal(work.end.not_before_us, NOW - 3595 * S);
		assert_int_equal(work.end.now_us, NOW - 3600 * S);
		assert_int_equal(work.context.now_us, NOW - 3600 * S);
		assert_int_equal(work.gate_us, 0);
	}
	work = (struct job_work){.clock_offset_us = NOW, .gate_us = NOW};
	jobs_clock_move(&jobs, &work);
	assert_int_equal(work.gate_us, NOW - 3600 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_its_fate),
		cmocka_unit_test(retries_spread_by_a_fifth),
		cmocka_unit_test(a_task_declares_its_own_policy),
		cmocka_unit_test(after_a_day_it_is_a_dead_letter),
		cmocka_unit_test(what_is_yet_to_be_written_follows_the_clock),
	};

	return cmocka_run_group_tests_name("job_policy", tests, NULL, NULL);
}
