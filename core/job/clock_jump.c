/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The time of day may be set back, while the daemon runs or while it does not.  What
 * waits for an instant then moves with it, or it would wait for as long as the clock
 * needs to get there again; most of it is due at once.  So does what a run that has ended
 * wants written.  A clock that is set forward does no harm: what waits comes early.
 *
 * Leases end by the monotonic clock and need none of this.  Dispatcher, and the start.
 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/integration.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"

/* Less is what two clocks may differ that are not read at once. */
#define JUMP_US INT64_C(2000000)

struct move {
	int64_t by_us, now_us;
};

static int move_in(struct tx *tx, void *arg, struct err *err)
{
	const struct move *move = arg;
	int result = job_move_back(tx, move->by_us, move->now_us, err);

	if (result >= 0)
		result = schedule_move_back(tx, move->by_us, move->now_us, err);
	if (result >= 0)
		result = integration_move_gates_back(tx, move->by_us, move->now_us, err);
	return result < 0 ? result : 0;
}

static int move_back(struct jobs *jobs, int64_t by_us, struct err *err)
{
	struct move move = {by_us, clock_now_us()};
	int result = store_write(jobs->daemon->store, move_in, &move, err);

	if (result == 0)
		log_warning("job.clock_set_back", LOG_INT("seconds", by_us / 1000000));
	return result;
}

int64_t jobs_clock_offset(void)
{
	return clock_now_us() - clock_mono_ms() * 1000;
}

static int read_newest(struct tx *tx, void *arg, struct err *err)
{
	return job_newest(tx, arg, err);
}

int jobs_clock_start(struct jobs *jobs, struct err *err)
{
	int64_t newest_us, ahead_us;
	int result = store_read(jobs->daemon->store, read_newest, &newest_us, err);

	jobs->clock_offset_us = jobs_clock_offset();
	if (result < 0)
		return result;
	ahead_us = newest_us - clock_now_us();
	return ahead_us > JUMP_US ? move_back(jobs, ahead_us, err) : 0;
}

void jobs_clock_stamp(struct job_work *work)
{
	work->clock_offset_us = jobs_clock_offset();
}

void jobs_clock_move(struct jobs *jobs, struct job_work *work)
{
	int64_t back_us = work->clock_offset_us - jobs->clock_offset_us;

	if (back_us <= JUMP_US)
		return;
	work->end.not_before_us -= back_us;
	work->end.now_us -= back_us;
	work->context.now_us -= back_us;
	if (work->gate_us > 0)
		work->gate_us -= back_us;
	work->clock_offset_us = jobs->clock_offset_us;
}

void jobs_clock_look(struct jobs *jobs)
{
	int64_t offset_us = jobs_clock_offset(), back_us = jobs->clock_offset_us - offset_us;
	cleanup_err struct err err = {0};

	if (back_us > JUMP_US && move_back(jobs, back_us, &err) < 0) {
		/* The next look tries again. */
		log_limited(MORTISE_LOG_WARNING, "job.look_failed",
			LOG_TEXT("reason", err_text(&err)));
		return;
	}
	if (back_us > JUMP_US || back_us < -JUMP_US)
		jobs->clock_offset_us = offset_us;
}
