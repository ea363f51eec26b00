/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/pack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zdict.h>
#include <zstd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define LEVEL 1
/* A body whose packed form has room here for sure is packed in a place of the thread: on
 * the stack, the compiler would fill that with zeros each time. */
#define SMALL (32 << 10)
/* zstd keeps the ids below for itself. */
#define FIRST_ID 32768
/* Where a dictionary has its own id, in four bytes, the lowest first. */
#define ID_AT 4

struct pack_dictionary {
	atomic_int refs;
	int64_t id;
	ZSTD_CDict *packing;
	ZSTD_DDict *unpacking;
};

/* One of each per thread: making it costs more than using it. */
struct contexts {
	ZSTD_CCtx *packing;
	char *small;                   /* of SMALL bytes, where a body is packed first */
	ZSTD_DCtx *unpacking;
};

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void free_contexts(void *arg)
{
	struct contexts *contexts = arg;

	ZSTD_freeCCtx(contexts->packing);
	free(contexts->small);
	ZSTD_freeDCtx(contexts->unpacking);
	free(contexts);
}

static void make_contexts_key(void)
{
	if (pthread_key_create(&contexts_key, free_contexts) != 0)
		abort();
}

static struct contexts *thread_contexts(void)
{
	struct contexts *contexts;

	pthread_once(&contexts_once, make_contexts_key);
	contexts = pthread_getspecific(contexts_key);
	if (!contexts) {
		contexts = new(struct contexts);
		pthread_setspecific(contexts_key, contexts);
	}
	return contexts;
}

static struct contexts *packing_contexts(void)
{
	struct contexts *contexts = thread_contexts();

	if (!contexts->packing)
		contexts->packing = ZSTD_createCCtx();
	if (!contexts->small)
		contexts->small = xmalloc(SMALL);
	return contexts;
}

static ZSTD_DCtx *unpacking_context(void)
{
	struct contexts *contexts = thread_contexts();

	if (!contexts->unpacking && !(contexts->unpacking = ZSTD_createDCtx()))
		abort();
	return contexts->unpacking;
}

static size_t pack_into(ZSTD_CCtx *context, void *place, size_t room, const void *data,
	size_t size, const struct pack_dictionary *dictionary)
{
	if (!context || !place)
		return size;
	return dictionary ? ZSTD_compress_usingCDict(context, place, room, data, size,
		dictionary->packing) : ZSTD_compressCCtx(context, place, room, data, size, LEVEL);
}

void pack(const void *data, size_t size, struct pack_dictionary *dictionary_take,
	struct packed *ret_packed)
{
	const struct contexts *contexts = packing_contexts();
	size_t bound = ZSTD_compressBound(size), packed_size = size;
	void *large = bound > SMALL ? malloc(bound) : NULL;

	*ret_packed = (struct packed){.encoding = PACK_PLAIN, .size = size, .data = data,
		.data_size = size};
	if (size >= PACK_FROM)
		packed_size = pack_into(contexts->packing, bound > SMALL ? large : contexts->small,
			bound, data, size, dictionary_take);
	if (ZSTD_isError(packed_size) || packed_size >= size) {
		free(large);
		pack_dictionary_unref(dictionary_take);
		return;
	}
	/* What waits for the store takes no more room than it needs. */
	ret_packed->owned = large ? large : xmemdup(contexts->small, packed_size);
	ret_packed->encoding = PACK_ZSTD;
	ret_packed->data = ret_packed->owned;
	ret_packed->data_size = packed_size;
	ret_packed->dictionary = dictionary_take;
}

void packed_clear(struct packed *packed)
{
	free(packed->owned);
	pack_dictionary_unref(packed->dictionary);
	*packed = (struct packed){0};
}

int64_t packed_dictionary_id(int encoding, const void *data, size_t data_size)
{
	unsigned id = encoding == PACK_ZSTD ? ZSTD_getDictID_fromFrame(data, data_size) : 0;

	return id > FIRST_ID ? (int64_t)id - FIRST_ID : 0;
}

int unpack(int encoding, const void *data, size_t data_size, int64_t size, size_t max,
	const struct pack_dictionary *dictionary, char **ret_bytes, struct err *err)
{
	ZSTD_DCtx *context = encoding == PACK_ZSTD ? unpacking_context() : NULL;
	char *bytes;
	size_t unpacked = data_size;

	if ((encoding != PACK_PLAIN && encoding != PACK_ZSTD) || size < 0 || (uint64_t)size > max)
		return err_set(err, MORTISE_E_LIMIT,
			"stored with an encoding or size that this version does not know");
	bytes = xmalloc((size_t)size + 1);
	if (encoding == PACK_ZSTD)
		unpacked = ZSTD_decompress_usingDDict(context, bytes, (size_t)size, data,
			data_size, dictionary ? dictionary->unpacking : NULL);
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

/* ---- Dictionaries ---- */

void *pack_learn(const void *samples, const size_t *sizes, size_t len, size_t *ret_size)
{
	void *content = xmalloc(PACK_DICTIONARY_MAX);
	size_t size = ZDICT_trainFromBuffer(content, PACK_DICTIONARY_MAX, samples, sizes,
		(unsigned)len);

	if (ZDICT_isError(size)) {
		free(content);
		return NULL;
	}
	*ret_size = size;
	return content;
}

struct pack_dictionary *pack_dictionary_new(int64_t id, const void *content, size_t size)
{
	struct pack_dictionary *dictionary;
	cleanup_free unsigned char *named = NULL;

	if (id < 1 || id > PACK_DICTIONARY_ID_MAX || size > PACK_DICTIONARY_MAX ||
		ZDICT_getDictID(content, size) == 0)
		return NULL;
	named = xmemdup(content, size);
	for (int i = 0; i < 4; i++)
		named[ID_AT + i] = (unsigned char)((uint64_t)(FIRST_ID + id) >> 8 * i);
	dictionary = new(struct pack_dictionary);
	atomic_init(&dictionary->refs, 1);
	dictionary->id = id;
	dictionary->packing = ZSTD_createCDict(named, size, LEVEL);
	dictionary->unpacking = ZSTD_createDDict(named, size);
	if (!dictionary->packing || !dictionary->unpacking) {
		pack_dictionary_unref(dictionary);
		return NULL;
	}
	return dictionary;
}

int64_t pack_dictionary_id(const struct pack_dictionary *dictionary)
{
	return dictionary->id;
}

struct pack_dictionary *pack_dictionary_ref(struct pack_dictionary *dictionary)
{
	atomic_fetch_add(&dictionary->refs, 1);
	return dictionary;
}

void pack_dictionary_unref(struct pack_dictionary *dictionary)
{
	if (!dictionary || atomic_fetch_sub(&dictionary->refs, 1) > 1)
		return;
	ZSTD_freeCDict(dictionary->packing);
	ZSTD_freeDDict(dictionary->unpacking);
	free(dictionary);
}

bool pack_dictionary_is_last(struct pack_dictionary *dictionary)
{
	return atomic_load(&dictionary->refs) == 1;
}
