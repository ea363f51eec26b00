/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The issues of one organization that are linked to an external issue follow its status,
 * whether somebody changed it there or another of its issues changed it from here.  Store
 * writer.
 *
 * Resolving touches unresolved issues only, so an archived one stays so and a richer
 * resolution is not overwritten; unresolving touches all others.  Another tracker that an
 * issue is linked to is told by what issue_resolve() queues; this one is not.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/storage/issue_link.h"

#define LINKS_AT_ONCE 100
#define ISSUES_MAX 1000

/* The issues that follow; in the order of their links. */
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
		if (result == 0 && issue.id != sync->issue_id && concerns(&issue, sync->action) &&
			targets->len < ISSUES_MAX)
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

int sync_follow(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
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
