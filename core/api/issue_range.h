/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Ranges in searches, as Sentry writes them.  Numbers: "10", ">10", ">=10", "<10", "<=10".
 * Times: the same with "2026-05-01" or "2026-05-01T10:00:00Z" behind a comparison, and
 * "-24h" for what is newer than that, "+2d" for what is older; units are m, h, d and w.
 * Each narrows the range that is there.  Pure functions; any thread.
 */
#ifndef MORTISE_API_ISSUE_RANGE_H
#define MORTISE_API_ISSUE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct issue_range;

/* false if the text is no range. */
bool issue_range_number(const char *text, struct issue_range *range);
bool issue_range_time(const char *text, int64_t now_us, struct issue_range *range);

#endif
