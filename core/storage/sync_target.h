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

#endif
