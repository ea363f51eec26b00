/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "sync_status_inbound": the status of an external issue changed, and the issues
 * of one organization that are linked to it follow.
 *
 * Three guards stand before that.  A change that is older than the newest one applied is
 * late, and nothing happens (equal times are ordered by the queue).  A change to the status
 * that we wrote last is our echo, whenever it comes.  For a change that says neither its
 * time nor its status stands the three-minute rule: one so soon after our own write is
 * taken for its echo.  (Sentry measures three minutes from the resolution, whoever made
 * it; then a ticket that somebody closes again soon is not heard.)
 *
 * Resolving touches unresolved issues only, so an archived one stays so and a richer
 * resolution is not overwritten; unresolving touches all others.  Another tracker that the
 * issue is linked to is told by what issue_resolve() queues; this one is not.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/storage/issue_link.h"

#define ECHO_US (INT64_C(180) * 1000000)
#define LINKS_AT_ONCE 100
#define ISSUES_MAX 1000

/* The issues that the change is for; in the order of their links. */
struct targets {
	int64_t ids[ISSUES_MAX];
	size_t len;
};

static bool concerns(const struct issue *issue, enum sync_action action)
{
	return action == SYNC_RESOLVE ? issue->status == ISSUE_UNRESOLVED
				      : issue->status != ISSUE_UNRESOLVED;
}

static int take_page(struct tx *tx, const struct sync *sync, int64_t *after,
	struct targets *targets, struct err *err)
{
	struct issue_link *links;
	size_t len;
	int result = issue_link_list_linked(tx, ISSUE_LINK_EXTERNAL, sync->external.id, *after,
		LINKS_AT_ONCE, &links, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_issue struct issue issue = {0};

		*after = links[i].id;
		result = issue_get(tx, links[i].issue_id, &issue, err);
		if (result == 0 && concerns(&issue, sync->action) && targets->len < ISSUES_MAX)
			targets->ids[targets->len++] = issue.id;
	}
	free(links);
	return result < 0 ? result : len == LINKS_AT_ONCE;
}

static int change_issues(struct tx *tx, struct sync *sync, const struct targets *targets,
	const struct issue_actor *actor, struct err *err)
{
	cleanup_json json_t *words = sync_words(sync);
	struct issue_resolve resolve = {.data = words};
	const char *wanted = json_string_value(json_object_get(sync->link.config,
		"resolution_strategy"));
	bool changed;
	int result = sync->action != SYNC_RESOLVE ? 0 : issue_strategy(tx, targets->ids,
		targets->len, issue_strategy_parse(wanted), &resolve.strategy, err);

	for (size_t i = 0; result >= 0 && i < targets->len; i++)
		result = sync->action == SYNC_RESOLVE
			? issue_resolve(tx, targets->ids[i], &resolve, actor, &changed, err)
			: issue_unresolve(tx, targets->ids[i], ISSUE_REOPEN_ONGOING, words, actor,
				&changed, err);
	return result < 0 ? result : 0;
}

static int follow(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	struct targets *targets;
	struct issue_actor actor = {
		.integration_id = sync->integration.id,
		.now_us = now_us,
	};
	char origin[40];
	int64_t after = 0;
	int result;

	if (sync->action == SYNC_NOTHING)
		return 0;
	snprintf(origin, sizeof(origin), "integration:%" PRId64, sync->integration.id);
	actor.origin = origin;
	targets = new(struct targets);
	do
		result = take_page(tx, sync, &after, targets, err);
	while (result == 1);
	if (result == 0 && targets->len > 0)
		result = change_issues(tx, sync, targets, &actor, err);
	free(targets);
	return result;
}

static int apply(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	static const int known[] = {
		[SYNC_NOTHING] = SYNC_UNKNOWN,
		[SYNC_RESOLVE] = 1,
		[SYNC_UNRESOLVE] = 0,
	};
	int64_t time_us = sync_time_us(sync->run->payload);
	int result = 0;

	if (!sync->is_echo)
		result = sync_known_set_resolved(tx, sync->external.id, known[sync->action], err);
	if (result >= 0 && !sync->is_echo)
		result = external_issue_set_wrote_status(tx, sync->external.id, NULL, now_us, err);
	if (result >= 0 && !sync->is_echo)
		result = follow(tx, sync, now_us, err);
	if (result >= 0 && time_us > 0)
		result = external_issue_mark_status(tx, sync->external.id, time_us, err);
	return result < 0 ? result : 0;
}

/* ---- What it is ---- */

static bool is_echo(const struct sync *sync, int64_t now_us)
{
	const json_t *payload = sync->run->payload;
	const char *status = json_string_value(json_object_get(payload, "status"));
	const char *wrote = sync->external.wrote_status;

	if (status)
		return wrote && strcmp(status, wrote) == 0;
	return sync_time_us(payload) == 0 && wrote &&
		now_us - sync->external.wrote_status_at_us < ECHO_US;
}

static int read_action(struct sync *sync, const json_t *change, struct err *err)
{
	const char *action = json_string_value(json_object_get(change, "action"));

	if (action && strcmp(action, "resolve") == 0)
		sync->action = SYNC_RESOLVE;
	else if (action && strcmp(action, "unresolve") == 0)
		sync->action = SYNC_UNRESOLVE;
	else if (!action || strcmp(action, "none") != 0)
		return err_set(err, MORTISE_E_INTERNAL, "a status change of %s has no action "
			"\"resolve\", \"unresolve\" or \"none\"", sync->integration.provider);
	return 0;
}

static int ask_action(struct sync *sync, struct err *err)
{
	json_t *change = json_object_get(sync->run->payload, "change");
	int result;

	if (!tracker_has(sync->provider, TRACKER_STATUS_ACTION))
		return read_action(sync, change, err);
	result = sync_call(sync, TRACKER_STATUS_ACTION, json_pack("{s:s, s:O, s:O}", "key",
		sync->external.key, "change", change, "metadata", sync->external.metadata), err);
	return result < 0 ? result : read_action(sync, sync->output, err);
}

int sync_status_inbound(struct job_run *run, void *arg, struct err *err)
{
	static const char *const words[] = {
		[SYNC_NOTHING] = "has a status that means nothing here",
		[SYNC_RESOLVE] = "is resolved, and its issues with it",
		[SYNC_UNRESOLVE] = "is unresolved, and its issues with it",
	};
	struct sync *sync;
	int64_t time_us = sync_time_us(run->payload);
	int result = sync_begin(run, SYNC_INBOUND_STATUS, &sync, err);

	(void)arg;
	if (result != 1)
		return result;
	if (time_us > 0 && time_us < sync->external.status_at_us)
		return sync_skip(run, "older than what was applied already");
	sync->is_echo = is_echo(sync, clock_now_us());
	sync->apply = apply;
	if (sync->is_echo)
		return sync_skip(run, "our own change of %s came back", sync->external.key);
	result = ask_action(sync, err);
	if (result < 0)
		return result;
	sync_did(run, "%s %s", sync->external.key, words[sync->action]);
	return 0;
}
