/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How often an issue was seen of late, by the hour in which it was counted.  Inside a
 * transaction; what changes something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_ISSUE_HOUR_H
#define MORTISE_STORAGE_ISSUE_HOUR_H

#include <stdint.h>

struct err;
struct tx;

int issue_hour_add(struct tx *tx, int64_t issue_id, int64_t times, int64_t now_us, struct err *err);
/* Of this hour and the 23, or the 14 * 24 - 1, before it. */
int issue_hour_recent(struct tx *tx, int64_t issue_id, int64_t now_us, int64_t *ret_day,
	int64_t *ret_fortnight, struct err *err);
/* Delete at most 'max' that no fortnight has any more; the number, or negative. */
int issue_hour_prune(struct tx *tx, int64_t now_us, int64_t max, struct err *err);

#endif
