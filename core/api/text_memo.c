/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/text_memo.h"

#include <pthread.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define PLACES 1024

/* Each key has one place, which it may lose to another. */
struct place {
	uint64_t key, commits;
	int64_t made_ms;
	char *text;            /* NULL: free */
	size_t size;
};

struct text_memo {
	pthread_mutex_t lock;
	struct place places[PLACES];   /* under lock */
};

struct text_memo *text_memo_new(void)
{
	struct text_memo *memo = new(struct text_memo);

	pthread_mutex_init(&memo->lock, NULL);
	return memo;
}

void text_memo_free(struct text_memo *memo)
{
	if (!memo)
		return;
	for (size_t i = 0; i < PLACES; i++)
		free(memo->places[i].text);
	pthread_mutex_destroy(&memo->lock);
	free(memo);
}

/* Keys are ids, one after the other: they do not meet. */
static struct place *place_of(struct text_memo *memo, uint64_t key)
{
	return &memo->places[key % PLACES];
}

bool text_memo_add(struct text_memo *memo, uint64_t key, uint64_t commits, int64_t now_ms,
	struct buf *to)
{
	const struct place *place = place_of(memo, key);
	bool found;

	pthread_mutex_lock(&memo->lock);
	found = place->text && place->key == key && place->commits == commits &&
		now_ms - place->made_ms < TEXT_MEMO_MS;
	if (found)
		buf_add(to, place->text, place->size);
	pthread_mutex_unlock(&memo->lock);
	return found;
}

void text_memo_keep(struct text_memo *memo, uint64_t key, uint64_t commits, int64_t now_ms,
	const char *text)
{
	struct place *place = place_of(memo, key);
	size_t size = strlen(text);
	char *copy, *before;

	if (size > TEXT_MEMO_MAX)
		return;
	copy = xstrdup(text);
	pthread_mutex_lock(&memo->lock);
	before = place->text;
	*place = (struct place){key, commits, now_ms, copy, size};
	pthread_mutex_unlock(&memo->lock);
	free(before);
}
