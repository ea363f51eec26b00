/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Bytes at rest: packed with zstd where that makes them smaller.  Any thread. */
#ifndef MORTISE_BASE_PACK_H
#define MORTISE_BASE_PACK_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* As stored: never change a number. */
enum pack_encoding { PACK_PLAIN = 0, PACK_ZSTD = 1 };

struct packed {
	int encoding;          /* enum pack_encoding */
	size_t size;           /* before */
	const void *data;      /* PACK_PLAIN: the caller's own bytes */
	size_t data_size;
	void *owned;           /* or NULL */
};

#define cleanup_packed __attribute__((__cleanup__(packed_clear)))

void pack(const void *data, size_t size, struct packed *ret_packed);
void packed_clear(struct packed *packed);
/* The 'size' bytes again, with a NUL behind them; free it.  E_LIMIT if they are more than
 * 'max', or damaged, or of an encoding that a later version made. */
int unpack(int encoding, const void *data, size_t data_size, int64_t size, size_t max,
	char **ret_bytes, struct err *err);

#endif
