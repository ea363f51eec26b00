/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/sync/trace.h"

#include <stdbool.h>

#include "core/base/err.h"
#include "core/storage/activity.h"

int trace_add(struct tx *tx, const struct trace *trace, struct err *err)
{
	struct activity *newest;
	size_t len;
	bool same;
	int64_t id;

	if (activity_list(tx, trace->issue_id, trace->type, &KEYSET_NEWEST(1), &newest, &len,
		    err) < 0)
		return err->code;
	same = len == 1 && json_equal(newest->data, trace->data);
	activity_list_free(newest, len);
	return same ? 0 : activity_insert(tx, &(struct activity_new){
		.issue_id = trace->issue_id,
		.project_id = trace->project_id,
		.type = trace->type,
		.origin = trace->origin,
		.data = trace->data,
		.now_us = trace->now_us,
	}, &id, err);
}
