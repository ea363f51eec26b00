/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/expand.h"

#include <stdint.h>
#include <strings.h>

#include <zlib.h>

#include "core/base/buf.h"

#define CHUNK_SIZE 16384
#define GZIP_ONLY 16           /* added to zlib's window bits */

bool expand_needed(const char *encoding)
{
	return encoding && *encoding && strcasecmp(encoding, "identity") != 0;
}

/* "deflate" means zlib's form; some send the bare stream, as browsers of old did. */
static bool has_zlib_head(const unsigned char *data, size_t size)
{
	return size >= 2 && (data[0] & 0x0f) == Z_DEFLATED && (data[0] * 256 + data[1]) % 31 == 0;
}

/* The window bits that tell zlib which form comes; 0: none that we know. */
static int window_bits(const char *encoding, const unsigned char *data, size_t size)
{
	if (strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "x-gzip") == 0)
		return MAX_WBITS + GZIP_ONLY;
	if (strcasecmp(encoding, "deflate") == 0)
		return has_zlib_head(data, size) ? MAX_WBITS : -MAX_WBITS;
	return 0;
}

static enum expand_result run(z_stream *stream, struct buf *bytes)
{
	unsigned char chunk[CHUNK_SIZE];
	int result = Z_OK;

	while (result == Z_OK) {
		stream->next_out = chunk;
		stream->avail_out = sizeof(chunk);
		result = inflate(stream, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END)
			return EXPAND_DAMAGED;
		buf_add(bytes, chunk, sizeof(chunk) - stream->avail_out);
		if (bytes->failed)
			return EXPAND_TOO_LARGE;
	}
	/* What follows the end is no part of it. */
	return stream->avail_in == 0 ? EXPAND_DONE : EXPAND_DAMAGED;
}

enum expand_result expand(const char *encoding, const void *data, size_t size, size_t max,
	struct buf *ret_bytes)
{
	int bits = window_bits(encoding, data, size);
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
	enum expand_result result;
	size_t by_ratio;

	if (bits == 0)
		return EXPAND_UNKNOWN;
	if (size > max)
		return EXPAND_TOO_LARGE;
	by_ratio = EXPAND_FREE + size * EXPAND_RATIO;
	*ret_bytes = BUF(max < by_ratio ? max : by_ratio);
	if (inflateInit2(&stream, bits) != Z_OK)
		return EXPAND_DAMAGED;
	result = run(&stream, ret_bytes);
	inflateEnd(&stream);
	return result;
}
