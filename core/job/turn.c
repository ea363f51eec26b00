/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A turn: one commit that ends the runs that are over, and picks what may start, which is
 * often what those ends let go.  Dispatcher, and store writer.
 *
 * Ends are written without savepoints between them.  When one fails, those before it are
 * written without it; it is tried alone, and then refused or, if the store takes nothing
 * now, written again later, as long as its lease stands: the reply is applied again
 * without a second call.
 */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"

#define WRITE_AGAIN_MS 500

/* ---- Looking ---- */

void jobs_look_clear(struct job_look *look)
{
	for (size_t i = 0; i < look->len; i++)
		free(look->candidates[i].provider);
	look->len = 0;
}

int jobs_look(struct tx *tx, void *arg, struct err *err)
{
	struct job_look *look = arg;
	cleanup_free char *from = xstrdup("");
	int result = schedule_next(tx, &look->schedule_us, err);

	if (result == 0)
		result = job_next_lease_end(tx, &look->lease_us, err);
	jobs_look_clear(look);
	while (result == 0 && look->len < JOB_PROVIDERS_MAX) {
		struct job_candidate *candidate = &look->candidates[look->len];
		char *provider;

		result = job_next_provider(tx, from, &provider, err);
		if (result < 0 || !provider)
			break;
		look->len++;
		*candidate = (struct job_candidate){.provider = provider};
		result = job_next_due(tx, provider, &candidate->due_us, err);
		/* The smallest text behind this one. */
		free(from);
		from = xasprintf("%s\x01", provider);
	}
	return result;
}

/* ---- In the transaction ---- */

static int write_ends(struct tx *tx, struct job_turn *turn, struct err *err)
{
	struct job_work *work = STAILQ_FIRST(&turn->ends);

	for (turn->before = 0; turn->before < turn->end_len; turn->before++) {
		int result = job_work_end(tx, work, err);

		if (result < 0) {
			turn->failed = work;
			return result;
		}
		work = STAILQ_NEXT(work, link);
	}
	return 0;
}

static void clear_rows(struct job_turn *turn)
{
	for (size_t i = 0; i < turn->len; i++)
		job_row_clear(&turn->rows[i]);
	turn->len = 0;
}

static int pick_of(struct tx *tx, struct job_turn *turn, const struct job_candidate *candidate,
	struct err *err)
{
	size_t left = JOB_PICK_MAX - turn->len;
	size_t max = candidate->max < left ? candidate->max : left;
	int64_t now_us = turn->look.now_us, ids[JOB_PICK_MAX];
	size_t len = 0;
	int result = max == 0 ? 0 :
		job_list_due(tx, candidate->provider, now_us, max, ids, &len, err);

	for (size_t i = 0; result >= 0 && i < len; i++) {
		result = job_lease(tx, ids[i], turn->lease, turn->lease_until_us, now_us, err);
		if (result >= 0)
			result = job_row_get(tx, ids[i], &turn->rows[turn->len], err);
		if (result >= 0)
			turn->len++;
	}
	return result < 0 ? result : 0;
}

static int pick(struct tx *tx, struct job_turn *turn, struct err *err)
{
	const struct job_look *look = &turn->look;
	int result = job_expire_leases(tx, turn->mono_us, err);

	if (result >= 0)
		result = jobs_fire_schedules(tx, look->now_us, err);
	for (size_t i = 0; result >= 0 && i < look->len; i++)
		result = pick_of(tx, turn, &look->candidates[(i + turn->first) % look->len], err);
	return result < 0 ? result : 0;
}

static int turn_in(struct tx *tx, void *arg, struct err *err)
{
	struct job_turn *turn = arg;
	int result;

	clear_rows(turn);
	result = write_ends(tx, turn, err);
	if (result == 0 && turn->picks)
		result = pick(tx, turn, err);
	return result < 0 ? result : jobs_look(tx, &turn->next, err);
}

/* ---- Around it ---- */

/* Unwritten after all, it is left to the end of its lease. */
static void write_later(struct jobs *jobs, struct job_work *work, const struct err *err)
{
	bool lasts = clock_mono_ms() <= work->picked_ms + jobs->lease_ms;

	if (lasts && jobs_rest(jobs, 0)) {
		STAILQ_INSERT_TAIL(&jobs->unwritten, work, link);
		jobs->write_again_ms = clock_mono_ms() + WRITE_AGAIN_MS;
		return;
	}
	log_error("job.unwritten", LOG_INT("job", work->run.id), LOG_TEXT("task", work->run.task),
		LOG_TEXT("reason", err_text(err)));
	job_work_free(work);
}

static struct job_work *take_end(struct job_turn *turn)
{
	struct job_work *work = STAILQ_FIRST(&turn->ends);

	if (!work)
		return NULL;
	STAILQ_REMOVE_HEAD(&turn->ends, link);
	return work;
}

static size_t count_ends(const struct job_turn *turn)
{
	const struct job_work *work;
	size_t len = 0;

	STAILQ_FOREACH(work, &turn->ends, link)
		len++;
	return len;
}

/* The first end cannot be written. */
static void first_failed(struct jobs *jobs, struct job_turn *turn, int result, struct err *err)
{
	struct job_work *work = STAILQ_FIRST(&turn->ends);

	if (result != MORTISE_E_RETRY && !work->refused) {
		job_work_refuse(work, err);
		return;
	}
	(void)take_end(turn);
	turn->end_len = count_ends(turn);
	write_later(jobs, work, err);
}

/* What of the turn can be written after it has failed.  False: nothing now. */
static bool cut_turn(struct jobs *jobs, struct job_turn *turn, int result, struct err *err)
{
	if (turn->failed && turn->before > 0) {
		turn->end_len = turn->before;
		return true;
	}
	if (turn->failed) {
		first_failed(jobs, turn, result, err);
		return turn->end_len > 0 || turn->picks;
	}
	log_limited(MORTISE_LOG_WARNING, "job.pick_failed", LOG_TEXT("reason", err_text(err)));
	if (result != MORTISE_E_RETRY && turn->picks && turn->end_len > 0) {
		turn->picks = false;
		return true;
	}
	for (struct job_work *work; (work = take_end(turn));)
		write_later(jobs, work, err);
	return false;
}

static void start_picked(struct jobs *jobs, struct job_turn *turn)
{
	struct job_work_list works = STAILQ_HEAD_INITIALIZER(works);

	for (size_t i = 0; i < turn->len; i++) {
		struct job_work *work = job_work_new(jobs, &turn->rows[i], turn->lease);

		work->picked_ms = turn->mono_us / 1000;
		STAILQ_INSERT_TAIL(&works, work, link);
	}
	turn->len = 0;
	jobs_ready_put(jobs, &works);
}

static void begin(struct jobs *jobs, struct job_turn *turn)
{
	unsigned char token[16];
	struct job_work *work;

	randombytes_buf(token, sizeof(token));
	sodium_bin2hex(turn->lease, sizeof(turn->lease), token, sizeof(token));
	turn->mono_us = clock_mono_ms() * 1000;
	turn->lease_until_us = turn->mono_us + jobs->lease_ms * 1000;
	turn->first = jobs->turn++;
	STAILQ_FOREACH(work, &turn->ends, link)
		jobs_clock_move(jobs, work);
}

bool jobs_turn_write(struct jobs *jobs, struct job_turn *turn)
{
	begin(jobs, turn);
	for (;;) {
		cleanup_err struct err err = {0};
		int result;

		turn->failed = NULL;
		result = store_write(jobs->daemon->store, turn_in, turn, &err);
		if (result == 0)
			break;
		if (!cut_turn(jobs, turn, result, &err)) {
			clear_rows(turn);
			return false;
		}
	}
	jobs_look_clear(&turn->look);
	turn->look = turn->next;
	turn->next = (struct job_look){0};
	start_picked(jobs, turn);
	for (; turn->end_len > 0; turn->end_len--) {
		struct job_work *work = take_end(turn);

		job_work_ended(work);
		job_work_free(work);
	}
	return true;
}
