/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#define ZLIB_CONST
#include "core/http/gzip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "core/base/mem.h"

#define GZIP_FORM 16           /* added to zlib's window bits */
#define MEMORY_LEVEL 8

static bool name_is(const char *item, size_t size, const char *name)
{
	return strlen(name) == size && strncasecmp(item, name, size) == 0;
}

/* Is there a weight of zero: ";q=0", ";q=0.000"? */
static bool is_refused(const char *parameters, size_t size)
{
	const char *end = parameters + size, *at = memchr(parameters, '=', size);

	if (!at || at == parameters || (at[-1] != 'q' && at[-1] != 'Q'))
		return false;
	while (++at < end)
		if (strchr("123456789", *at))
			return false;
	return true;
}

bool gzip_accepted(const char *accept_encoding)
{
	const char *item = accept_encoding ? accept_encoding : "";
	bool any = false;

	while (*item) {
		size_t size, name_size;

		item += strspn(item, " \t,");
		size = strcspn(item, ",");
		name_size = strcspn(item, " \t;,");
		if (name_is(item, name_size, "gzip") || name_is(item, name_size, "x-gzip"))
			return !is_refused(item + name_size, size - name_size);
		if (name_is(item, name_size, "*"))
			any = !is_refused(item + name_size, size - name_size);
		item += size;
	}
	return any;
}

char *gzip_pack(const void *data, size_t size, int level, size_t *ret_size)
{
	z_stream stream = {0};
	char *packed;
	uLong room;
	int result;

	result = deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + GZIP_FORM, MEMORY_LEVEL,
		Z_DEFAULT_STRATEGY);
	if (result != Z_OK)
		abort();
	room = deflateBound(&stream, size);
	packed = xmalloc(room);
	stream.next_in = data;
	stream.avail_in = (uInt)size;
	stream.next_out = (Bytef *)packed;
	stream.avail_out = (uInt)room;
	result = deflate(&stream, Z_FINISH);
	assert(result == Z_STREAM_END && stream.avail_in == 0);
	*ret_size = room - stream.avail_out;
	deflateEnd(&stream);
	return xrealloc(packed, *ret_size);
}
