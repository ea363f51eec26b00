/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Undo a Content-Encoding: gzip or deflate, within bounds.  Pure function, any thread.
 *
 * Beside 'max' there is a bound that grows with what was sent, so that a few bytes never
 * make us fill the whole of it: EXPAND_RATIO times as much, and EXPAND_FREE on top.
 */
#ifndef MORTISE_INGEST_EXPAND_H
#define MORTISE_INGEST_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Events are repetitive, and a stack overflow more so: 100 is seen, 1,000 is a bomb. */
#define EXPAND_RATIO 200
#define EXPAND_FREE ((size_t)256 << 10)

enum expand_result {
	EXPAND_DONE,
	EXPAND_UNKNOWN,    /* another encoding */
	EXPAND_DAMAGED,
	EXPAND_TOO_LARGE,
};

/* NULL, "" and "identity" are no encoding. */
bool expand_needed(const char *encoding);
/* Into an empty 'ret_bytes', which is to be cleared whatever comes back. */
enum expand_result expand(const char *encoding, const void *data, size_t size, size_t max,
	struct buf *ret_bytes);

#endif
