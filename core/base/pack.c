/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/pack.h"

#include <pthread.h>
#include <string.h>

#include <zstd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define PACK_FROM 256

static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
	ZSTD_freeCCtx(context);
}

static void make_context_key(void)
{
	if (pthread_key_create(&context_key, free_context) != 0)
		abort();
}

/* One per thread: making it costs more than using it. */
static ZSTD_CCtx *thread_context(void)
{
	ZSTD_CCtx *context;

	pthread_once(&context_once, make_context_key);
	context = pthread_getspecific(context_key);
	if (!context) {
		context = ZSTD_createCCtx();
		pthread_setspecific(context_key, context);
	}
	return context;
}

void pack(const void *data, size_t size, struct packed *ret_packed)
{
	size_t bound = ZSTD_compressBound(size), packed_size;
	ZSTD_CCtx *context = size >= PACK_FROM ? thread_context() : NULL;
	void *owned = context ? malloc(bound) : NULL;

	*ret_packed = (struct packed){.encoding = PACK_PLAIN, .size = size, .data = data,
		.data_size = size};
	if (!owned)
		return;
	packed_size = ZSTD_compressCCtx(context, owned, bound, data, size, 1);
	if (ZSTD_isError(packed_size) || packed_size >= size) {
		free(owned);
		return;
	}
	*ret_packed = (struct packed){.encoding = PACK_ZSTD, .size = size, .data = owned,
		.data_size = packed_size, .owned = owned};
}

void packed_clear(struct packed *packed)
{
	free(packed->owned);
	*packed = (struct packed){0};
}

int unpack(int encoding, const void *data, size_t data_size, int64_t size, size_t max,
	char **ret_bytes, struct err *err)
{
	char *bytes;
	size_t unpacked = data_size;

	if ((encoding != PACK_PLAIN && encoding != PACK_ZSTD) || size < 0 || (uint64_t)size > max)
		return err_set(err, MORTISE_E_LIMIT,
			"stored with an encoding or size that this version does not know");
	bytes = xmalloc((size_t)size + 1);
	if (encoding == PACK_ZSTD)
		unpacked = ZSTD_decompress(bytes, (size_t)size, data, data_size);
	else if (data_size == (size_t)size && size > 0)
		memcpy(bytes, data, data_size);
	if (unpacked != (size_t)size) {
		free(bytes);
		return err_set(err, MORTISE_E_LIMIT, "damaged where it is stored");
	}
	bytes[size] = '\0';
	*ret_bytes = bytes;
	return 0;
}
