/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What becomes of a job when a run has ended.  Pure: no clock,
 * no randomness.  Which codes count says err_meaning; here is how often and how far apart.
 */
#include "config.h"

#include "core/base/err.h"
#include "core/job/job_private.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (24 * 3600 * SECOND_US)
#define ATTEMPTS 10
#define DELAY_MS 5000
#define FACTOR_PERCENT 300
#define MAX_DELAY_MS (30 * 60 * 1000)
/* A fault in the plugin is tried again this often. */
#define FAULT_RETRIES 3
#define STRIKES 3
/* An E_RATE that does not say when. */
#define RATE_US (60 * SECOND_US)

/* The distance before the next attempt, a fifth shorter or longer. */
static int64_t retry_delay_us(const struct job_policy *policy, int attempts, uint32_t random)
{
	int64_t factor = policy->factor_percent > 0 ? policy->factor_percent : FACTOR_PERCENT;
	int64_t max = policy->max_delay_ms > 0 ? policy->max_delay_ms : MAX_DELAY_MS;
	int64_t delay = policy->delay_ms > 0 ? policy->delay_ms : DELAY_MS;

	for (int i = 1; i < attempts && delay < max; i++)
		delay = delay * factor / 100;
	if (delay > max)
		delay = max;
	return delay * (800 + (int64_t)(random % 401));
}

static void wait_for_rate(const struct job_verdict *verdict, int64_t now_us,
	struct job_end *end, int64_t *ret_gate_us)
{
	int64_t until_us = verdict->retry_at_ms > 0 ? verdict->retry_at_ms * 1000 :
		now_us + RATE_US;

	if (until_us < now_us + SECOND_US)
		until_us = now_us + SECOND_US;
	if (until_us > now_us + DAY_US)
		until_us = now_us + DAY_US;
	end->not_before_us = *ret_gate_us = until_us;
}

/* Several calls were in the host that died: nobody knows whose fault it was. */
static bool is_suspect(const struct job_verdict *verdict)
{
	return verdict->death == CALL_DEATH_SHARED;
}

static void try_again(const struct job_policy *policy, const struct job_verdict *verdict,
	int64_t now_us, uint32_t random, struct job_end *end)
{
	int attempts = policy->attempts > 0 ? policy->attempts : ATTEMPTS;

	if (verdict->ending || is_suspect(verdict)) {
		end->solo = end->solo || is_suspect(verdict);
		end->not_before_us = now_us;
		return;
	}
	end->attempts++;
	if (verdict->code == MORTISE_E_INTERNAL)
		end->faults++;
	if (verdict->death == CALL_DEATH_ALONE) {
		end->strikes++;
		end->solo = true;
	}
	if (end->attempts >= attempts || end->faults > FAULT_RETRIES || end->strikes >= STRIKES)
		end->status = JOB_DEAD;
	else
		end->not_before_us = now_us + retry_delay_us(policy, end->attempts, random);
}

void job_decide(const struct job_policy *policy, const struct job_row *row,
	const struct job_verdict *verdict, int64_t now_us, uint32_t random,
	struct job_end *ret_end, int64_t *ret_gate_us)
{
	static const int ends[] = {
		[ERR_FATE_DONE] = JOB_DONE,
		[ERR_FATE_DEAD] = JOB_DEAD,
		[ERR_FATE_HALTED] = JOB_HALTED,
		[ERR_FATE_RETRIED] = JOB_WAITING,
		[ERR_FATE_WAITS] = JOB_WAITING,
	};
	enum err_fate fate = verdict->refused ? ERR_FATE_DEAD : err_meaning(verdict->code)->fate;

	ret_end->status = ends[fate];
	ret_end->attempts = row->attempts;
	ret_end->faults = row->faults;
	ret_end->strikes = row->strikes;
	ret_end->solo = row->solo;
	ret_end->now_us = now_us;
	*ret_gate_us = 0;
	if (fate == ERR_FATE_WAITS)
		wait_for_rate(verdict, now_us, ret_end, ret_gate_us);
	else if (fate == ERR_FATE_RETRIED)
		try_again(policy, verdict, now_us, random, ret_end);
	if (ret_end->status == JOB_WAITING && row->started_us > 0 &&
		now_us - row->started_us > DAY_US)
		ret_end->status = JOB_DEAD;
}
