/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How often a caller may ask: requests are counted in windows of ten seconds, so a caller
 * who was quiet may send ten seconds' worth at once.  Counts are kept in memory, in a table
 * that does not grow: callers that come in larger numbers push out those who asked least.
 * Any thread.
 */
#ifndef MORTISE_ACCESS_RATE_H
#define MORTISE_ACCESS_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_WINDOW_S 10
#define RATE_PLACES 16384      /* callers that are counted at a time */

struct rates;

struct rate {
	int64_t limit;         /* requests of a window */
	int64_t remaining;     /* of them, after this one */
	int64_t reset_s;       /* when the window ends, in seconds since 1970 */
	bool exceeded;         /* this one was too many */
};

struct rates *rates_new(void);
void rates_free(struct rates *rates);
/* Count a request of who is named by the 'size' bytes of 'who', at 'per_second' > 0. */
void rates_count(struct rates *rates, const void *who, size_t size, int per_second,
	int64_t now_us, struct rate *ret_rate);

#endif
