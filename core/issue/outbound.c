/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/outbound.h"

#include <inttypes.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/job/job.h"
#include "core/storage/sync_target.h"

#define TARGETS_AT_ONCE 100

static char *payload(const struct outbound *change, int64_t external_issue_id, int64_t activity_id)
{
	cleanup_json json_t *json = json_pack("{s:I, s:I}", "issue", (json_int_t)change->issue_id,
		"from", (json_int_t)change->integration_id);

	if (external_issue_id > 0)
		json_object_set_new(json, "external_issue", json_integer(external_issue_id));
	if (activity_id > 0)
		json_object_set_new(json, "note", json_integer(activity_id));
	return json_dumps(json, JSON_COMPACT);
}

/* The order of an external issue's changes is that of this issue's. */
static int add(struct tx *tx, const struct outbound *change, const char *task,
	const struct sync_target *target, int64_t activity_id, struct err *err)
{
	cleanup_free char *object = xasprintf("issue:%s", target->key);
	cleanup_free char *text = payload(change, target->external_issue_id, activity_id);
	int64_t id;

	return job_insert(tx, &(struct job_new){
		.task = task,
		.provider = target->provider,
		.integration_id = target->integration_id,
		.link_id = target->link_id,
		.object = object,
		.payload = text,
		.now_us = change->now_us,
		.origin = change->origin,
	}, &id, err);
}

int outbound_each(struct tx *tx, const struct outbound *change, const char *task,
	int64_t activity_id, struct err *err)
{
	struct sync_target targets[TARGETS_AT_ONCE];
	int64_t after = 0;
	size_t len;
	int result;

	do {
		result = sync_target_list(tx, change->issue_id, after, TARGETS_AT_ONCE, targets,
			&len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; i < len; i++) {
			after = targets[i].external_issue_id;
			if (result == 0 && targets[i].integration_id != change->integration_id)
				result = add(tx, change, task, &targets[i], activity_id, err);
			sync_target_clear(&targets[i]);
		}
	} while (result == 0 && len == TARGETS_AT_ONCE);
	return result;
}

int outbound_status(struct tx *tx, const struct outbound *change, struct err *err)
{
	cleanup_free char *object = xasprintf("%" PRId64, change->issue_id);
	cleanup_free char *text = payload(change, 0, 0);
	struct sync_target first;
	size_t len;
	int64_t id;
	int result = sync_target_list(tx, change->issue_id, 0, 1, &first, &len, err);

	if (result < 0 || len == 0)
		return result;
	sync_target_clear(&first);
	return job_insert(tx, &(struct job_new){
		.task = OUTBOUND_STATUS,
		.provider = "",
		.order_group = "issue",
		.object = object,
		.payload = text,
		.now_us = change->now_us,
		.origin = change->origin,
	}, &id, err);
}

int outbound_assignee(struct tx *tx, const struct outbound *change, struct err *err)
{
	return outbound_each(tx, change, OUTBOUND_ASSIGNEE, 0, err);
}

int outbound_note(struct tx *tx, const struct outbound *change, int64_t activity_id, bool edited,
	struct err *err)
{
	return outbound_each(tx, change, edited ? OUTBOUND_NOTE_EDITED : OUTBOUND_NOTE_NEW,
		activity_id, err);
}
