/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/snooze.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/change.h"
#include "core/job/job.h"
#include "core/storage/issue.h"
#include "core/storage/snooze.h"
#include "core/storage/store.h"

#define TASK "issue.snooze"

/* ---- Beginning ---- */

static json_t *activity_data(const struct issue *issue, const struct snooze *until)
{
	json_t *data = json_object();
	char time[CLOCK_TEXT_SIZE];

	if (until->until_us)
		json_object_set_new(data, "ignoreUntil",
			json_string(clock_format(until->until_us, time)));
	if (until->times_seen)
		json_object_set_new(data, "ignoreCount",
			json_integer(until->times_seen - issue->times_seen));
	if (until->users_seen)
		json_object_set_new(data, "ignoreUserCount",
			json_integer(until->users_seen - issue->users_seen));
	return data;
}

/* It may find the issue reopened, or ignored for longer: then it does nothing. */
static int queue_end(struct tx *tx, int64_t issue_id, int64_t until_us,
	const struct issue_actor *actor, struct err *err)
{
	char payload[40];
	int64_t job_id;

	snprintf(payload, sizeof(payload), "{\"issue\":%" PRId64 "}", issue_id);
	return job_insert(tx, &(struct job_new){
		.task = TASK,
		.version = 1,
		.unordered = true,
		.payload = payload,
		.not_before_us = until_us,
		.now_us = actor->now_us,
		.origin = actor->origin,
	}, &job_id, err);
}

int issue_snooze(struct tx *tx, const struct issue *issue, const struct snooze *until,
	const struct issue_actor *actor, struct err *err)
{
	cleanup_json json_t *data = activity_data(issue, until);
	bool changed;
	int result = issue_ignore(tx, issue->id, ISSUE_SNOOZED, data, actor, &changed, err);

	if (result == 0)
		result = snooze_put(tx, issue->id, until, err);
	if (result == 0 && until->until_us)
		result = queue_end(tx, issue->id, until->until_us, actor, err);
	return result < 0 ? result : 0;
}

/* ---- Its end ---- */

static bool is_snoozed(const struct issue *issue)
{
	return issue->status == ISSUE_IGNORED && issue->substatus &&
		strcmp(issue->substatus, ISSUE_SNOOZED) == 0;
}

static bool is_over(const struct issue *issue, const struct snooze *snooze, int64_t now_us)
{
	return (snooze->until_us && snooze->until_us <= now_us) ||
		(snooze->times_seen && issue->times_seen >= snooze->times_seen) ||
		(snooze->users_seen && issue->users_seen >= snooze->users_seen);
}

int issue_snooze_check(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err)
{
	cleanup_issue struct issue now = {0};
	struct snooze snooze;
	bool changed;
	int result;

	if (!is_snoozed(issue))
		return 0;
	result = snooze_get(tx, issue->id, &snooze, err);
	if (result != 1)
		return result;
	result = issue_get(tx, issue->id, &now, err);
	if (result < 0 || !is_over(&now, &snooze, actor->now_us))
		return result;
	return issue_unresolve(tx, issue->id, ISSUE_REOPEN_ONGOING, NULL, actor, &changed, err);
}

struct ending {
	int64_t issue_id;
	struct issue_actor actor;
};

static int end_in(struct tx *tx, void *arg, struct err *err)
{
	const struct ending *ending = arg;
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	int result = issue_get(tx, ending->issue_id, &issue, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	return result < 0 ? err_move(err, &missing)
			  : issue_snooze_check(tx, &issue, &ending->actor, err);
}

static int end_task(struct job_run *run, void *arg, struct err *err)
{
	struct ending ending = {
		.issue_id = json_integer_value(json_object_get(run->payload, "issue")),
		.actor = {.origin = "system", .now_us = clock_now_us()},
	};

	(void)arg;
	return store_write(run->daemon->store, end_in, &ending, err);
}

void snooze_setup(struct daemon *daemon)
{
	jobs_add_task(daemon->jobs, TASK, &(struct job_policy){.attempts = 10}, end_task, NULL);
}
