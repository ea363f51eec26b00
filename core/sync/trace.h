/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an issue's activity tells about its trackers beside the changes themselves: why
 * something was not synced, that a ticket moved or is gone.  In a write transaction.
 */
#ifndef MORTISE_SYNC_TRACE_H
#define MORTISE_SYNC_TRACE_H

#include <stdint.h>

#include <jansson.h>

struct err;
struct tx;

#define TRACE_FAILED "sync_failed"             /* {…,"task","reason"} */
#define TRACE_MOVED "external_issue_moved"     /* {…,"old_key"} */
#define TRACE_GONE "external_issue_gone"       /* {…,"reason"} */

struct trace {
	const char *type;
	int64_t issue_id, project_id;
	const char *origin;
	const json_t *data;        /* {"provider","provider_key","integration_id","key",…} */
	int64_t now_us;
};

/* An activity, unless the newest of its type says the same: what fails again and again
 * stands there once. */
int trace_add(struct tx *tx, const struct trace *trace, struct err *err);

#endif
