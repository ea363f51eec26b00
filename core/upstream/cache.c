/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/cache.h"

#include <pthread.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define BUCKETS 1024
#define ENTRY_OVERHEAD 512
/* An answer larger than this share of the table is not worth the others. */
#define SHARE_MAX 8

struct entry {
	unsigned char key[CACHE_KEY_SIZE];
	struct entry *in_bucket;
	struct entry *newer, *older;   /* by use */
	int64_t until_ms;              /* monotonic */
	size_t size;                   /* as counted */
	int status;
	char *headers;                 /* JSON text: jansson's counts are not for two threads */
	char *body;
	size_t body_size;
};

struct cache {
	pthread_mutex_t lock;
	size_t max_size;
	/* Under lock: */
	size_t size;
	struct entry *buckets[BUCKETS];
	struct entry *newest, *oldest;
};

struct cache *cache_new(size_t max_size)
{
	struct cache *cache = new(struct cache);

	pthread_mutex_init(&cache->lock, NULL);
	cache->max_size = max_size;
	return cache;
}

static struct entry **bucket_of(struct cache *cache, const unsigned char *key)
{
	/* The key is a hash already. */
	return &cache->buckets[(size_t)(key[0] | key[1] << 8) % BUCKETS];
}

static void unchain(struct cache *cache, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void chain_newest(struct cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void drop(struct cache *cache, struct entry *entry)
{
	struct entry **link = bucket_of(cache, entry->key);

	while (*link != entry)
		link = &(*link)->in_bucket;
	*link = entry->in_bucket;
	unchain(cache, entry);
	cache->size -= entry->size;
	free(entry->headers);
	free(entry->body);
	free(entry);
}

static struct entry *find(struct cache *cache, const unsigned char *key)
{
	struct entry *entry = *bucket_of(cache, key);

	while (entry && memcmp(entry->key, key, CACHE_KEY_SIZE) != 0)
		entry = entry->in_bucket;
	return entry;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	while (cache->newest)
		drop(cache, cache->newest);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

bool cache_get(struct cache *cache, const unsigned char key[CACHE_KEY_SIZE],
	struct upstream_answer *ret_answer)
{
	struct entry *entry;
	bool found = false;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, key);
	if (entry && entry->until_ms <= clock_mono_ms()) {
		drop(cache, entry);
	} else if (entry) {
		unchain(cache, entry);
		chain_newest(cache, entry);
		*ret_answer = (struct upstream_answer){
			.status = entry->status,
			.headers = json_loads(entry->headers, 0, NULL),
			.body = xmemdup(entry->body, entry->body_size + 1),
			.size = entry->body_size,
		};
		found = true;
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

void cache_put(struct cache *cache, const unsigned char key[CACHE_KEY_SIZE],
	const struct upstream_answer *answer, int64_t life_ms)
{
	char *headers = json_dumps(answer->headers, JSON_COMPACT);
	size_t size = ENTRY_OVERHEAD + strlen(headers) + answer->size;
	struct entry *entry;

	if (size > cache->max_size / SHARE_MAX) {
		free(headers);
		return;
	}
	entry = new(struct entry);
	memcpy(entry->key, key, CACHE_KEY_SIZE);
	entry->until_ms = clock_mono_ms() + life_ms;
	entry->size = size;
	entry->status = answer->status;
	entry->headers = headers;
	entry->body = xmemdup(answer->body, answer->size + 1);
	entry->body_size = answer->size;

	pthread_mutex_lock(&cache->lock);
	if (find(cache, key))
		drop(cache, find(cache, key));
	while (cache->oldest && cache->size + size > cache->max_size)
		drop(cache, cache->oldest);
	entry->in_bucket = *bucket_of(cache, key);
	*bucket_of(cache, key) = entry;
	chain_newest(cache, entry);
	cache->size += size;
	pthread_mutex_unlock(&cache->lock);
}
