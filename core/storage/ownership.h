/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The ownership rules of a project, as people wrote them, and what is done with them.
 * Inside a transaction; what changes something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_OWNERSHIP_H
#define MORTISE_STORAGE_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct ownership {
	int64_t project_id;
	char *raw;                 /* "" if there are none */
	bool fallthrough;          /* what no rule matches is everybody's */
	bool assigns;              /* new issues go to their owner by themselves */
	bool codeowners_auto_sync;
	int64_t added_at_us;       /* 0: the project has the defaults */
	int64_t updated_at_us;
};

/* The defaults if there is no row.  Free with ownership_clear. */
int ownership_get(struct tx *tx, int64_t project_id, struct ownership *ret_ownership,
	struct err *err);
int ownership_put(struct tx *tx, const struct ownership *ownership, int64_t now_us,
	struct err *err);
/* Are new issues of the project assigned by rules?  1 or 0. */
int ownership_assigns(struct tx *tx, int64_t project_id, struct err *err);
/* A number that is another one after any change of the project's rules, its CODEOWNERS and
 * their code mappings. */
int ownership_version(struct tx *tx, int64_t project_id, uint64_t *ret_version, struct err *err);
void ownership_clear(struct ownership *ownership);
#define cleanup_ownership __attribute__((__cleanup__(ownership_clear)))

#endif
