/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* By which release an issue is resolved.  Inside a transaction. */
#ifndef MORTISE_STORAGE_RESOLUTION_H
#define MORTISE_STORAGE_RESOLUTION_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct keyset;

enum resolution_type { RESOLUTION_IN_RELEASE = 0, RESOLUTION_IN_NEXT_RELEASE = 1 };
enum resolution_status { RESOLUTION_PENDING = 0, RESOLUTION_RESOLVED = 1 };

struct resolution {
	int64_t issue_id;
	int64_t release_id;        /* 0: none */
	char *anchor;              /* current_release_version: resolved after it; or NULL */
	int type;                  /* RESOLUTION_IN_ */
	int64_t account_id;        /* who; 0: no person */
	int status;                /* RESOLUTION_ */
	int64_t added_at_us;
};

/* 1 if the issue has one, 0 if not.  Free with resolution_clear. */
int resolution_get(struct tx *tx, int64_t issue_id, struct resolution *ret_resolution,
	struct err *err);
/* Insert, or write over what is there. */
int resolution_put(struct tx *tx, const struct resolution *resolution, struct err *err);
/* 1: there was one, 0: there was none. */
int resolution_delete(struct tx *tx, int64_t issue_id, struct err *err);
/* Issues of a project (0: of any) that are resolved in a release, the newest first, at most
 * place->limit; of projects that a member's teams work on (0: of all). */
int resolution_list(struct tx *tx, int64_t release_id, int64_t project_id, int64_t member_id,
	const struct keyset *place, int64_t *ret_issue_ids, size_t *ret_len, struct err *err);
void resolution_clear(struct resolution *resolution);
#define cleanup_resolution __attribute__((__cleanup__(resolution_clear)))

#endif
