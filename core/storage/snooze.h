/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Until when an ignored issue stays so.  Inside a transaction. */
#ifndef MORTISE_STORAGE_SNOOZE_H
#define MORTISE_STORAGE_SNOOZE_H

#include <stdint.h>

struct err;
struct tx;

/* Whichever comes first; 0: never. */
struct snooze {
	int64_t until_us;
	int64_t times_seen;        /* of the issue, in all */
	int64_t users_seen;
};

/* Insert, or write over what is there. */
int snooze_put(struct tx *tx, int64_t issue_id, const struct snooze *snooze, struct err *err);
/* 1 if the issue has one, 0 if not. */
int snooze_get(struct tx *tx, int64_t issue_id, struct snooze *ret_snooze, struct err *err);
/* There may be none. */
int snooze_delete(struct tx *tx, int64_t issue_id, struct err *err);

#endif
