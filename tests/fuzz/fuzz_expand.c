/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A compressed body.  The first byte chooses the encoding.  However it ends, no more is
 * made of it than its bounds allow.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/buf.h"
#include "core/ingest/expand.h"

#define MAX_SIZE ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const encodings[] = {"gzip", "deflate", "br"};
	cleanup_buf struct buf out = {0};
	enum expand_result result;

	if (size == 0)
		return 0;
	result = expand(encodings[data[0] % lengthof(encodings)], data + 1, size - 1, MAX_SIZE, &out);
	HOLDS(out.size <= MAX_SIZE && out.size <= EXPAND_FREE + (size - 1) * EXPAND_RATIO);
	HOLDS((result == EXPAND_UNKNOWN) == (data[0] % lengthof(encodings) == 2));
	HOLDS(result != EXPAND_TOO_LARGE || out.failed || size - 1 > MAX_SIZE);
	return 0;
}
