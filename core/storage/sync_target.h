/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Where a change goes: from an issue to the external issues it is linked to, with the
 * link each is reached through; and back, from an external issue to its issues.  What was
 * last written to, or heard from, a tracker stands here, too.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_SYNC_TARGET_H
#define MORTISE_STORAGE_SYNC_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct sync_target {
	int64_t external_issue_id;
	int64_t integration_id, link_id;
	char *key;
	char *provider;            /* row key */
};

/* The external issues of an issue that an active link of an active integration reaches,
 * by id, after 'after_id'.  Free each with sync_target_clear. */
int sync_target_list(struct tx *tx, int64_t issue_id, int64_t after_id, size_t max,
	struct sync_target *ret_targets, size_t *ret_len, struct err *err);
void sync_target_clear(struct sync_target *target);

/* What an external issue was told, or told us, last: writing it again changes nothing
 * there, and is left out. */
struct sync_known {
	int resolved;              /* 0, 1 or SYNC_UNKNOWN */
	int64_t assignee_id;       /* account; 0: nobody; SYNC_STRANGER; or SYNC_UNKNOWN */
};
#define SYNC_STRANGER (-1)
#define SYNC_UNKNOWN (-2)

int sync_known_get(struct tx *tx, int64_t external_issue_id, struct sync_known *ret_known,
	struct err *err);
int sync_known_set_resolved(struct tx *tx, int64_t external_issue_id, int resolved,
	struct err *err);
int sync_known_set_assignee(struct tx *tx, int64_t external_issue_id, int64_t assignee_id,
	struct err *err);

#endif
