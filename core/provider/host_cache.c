/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The small cache that plugins have: JSON values per integration, in memory, the
 * least recently used go first.  Host-call threads.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <string.h>

#include "core/base/mem.h"

#define BUCKETS 1024
#define VALUE_MAX ((size_t)64 << 10)
#define KEY_MAX 256
#define ENTRY_COST 128                 /* what an entry takes besides its texts */

struct entry {
	struct entry *chain;           /* in its bucket */
	struct entry *newer, *older;   /* by last use */
	size_t bucket;
	size_t size;
	int64_t until_ms;
	char *value;                   /* JSON text */
	char name[];                   /* owner, newline, key */
};

struct host_cache {
	pthread_mutex_t lock;
	size_t size, max_size;
	struct entry *newest, *oldest;
	struct entry *buckets[BUCKETS];
};

/* FNV-1a; keys come from plugins, which can slow only their own lookups. */
static size_t bucket_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % BUCKETS;
}

struct host_cache *host_cache_new(size_t max_size)
{
	struct host_cache *cache = new(struct host_cache);

	pthread_mutex_init(&cache->lock, NULL);
	cache->max_size = max_size;
	return cache;
}

/* Lock held. */
static void unlink_use(struct host_cache *cache, struct entry *entry)
{
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		cache->newest = entry->older;
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		cache->oldest = entry->newer;
	entry->newer = entry->older = NULL;
}

/* Lock held. */
static void link_newest(struct host_cache *cache, struct entry *entry)
{
	entry->older = cache->newest;
	if (cache->newest)
		cache->newest->newer = entry;
	else
		cache->oldest = entry;
	cache->newest = entry;
}

/* Lock held. */
static void drop(struct host_cache *cache, struct entry *entry)
{
	struct entry **at = &cache->buckets[entry->bucket];

	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
	unlink_use(cache, entry);
	cache->size -= entry->size;
	free(entry->value);
	free(entry);
}

/* Lock held. */
static struct entry *find(struct host_cache *cache, const char *name)
{
	struct entry *entry = cache->buckets[bucket_of(name)];

	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->chain;
	return entry;
}

json_t *host_cache_get(struct host_cache *cache, const char *owner, const char *key,
	int64_t now_ms)
{
	cleanup_free char *name = xasprintf("%s\n%s", owner, key);
	cleanup_free char *value = NULL;
	struct entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, name);
	if (entry && entry->until_ms <= now_ms) {
		drop(cache, entry);
	} else if (entry) {
		unlink_use(cache, entry);
		link_newest(cache, entry);
		value = xstrdup(entry->value);
	}
	pthread_mutex_unlock(&cache->lock);
	return value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
}

int host_cache_put(struct host_cache *cache, const char *owner, const char *key,
	const json_t *value, int64_t now_ms, int64_t life_ms, struct err *err)
{
	cleanup_free char *name = xasprintf("%s\n%s", owner, key);
	cleanup_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	size_t name_size = strlen(name), text_size = text ? strlen(text) : 0;
	struct entry *entry;

	if (strlen(key) > KEY_MAX || !text || text_size > VALUE_MAX)
		return err_set(err, MORTISE_E_LIMIT,
			"cache_put: a key has at most %d bytes, a value 64 KiB", KEY_MAX);
	entry = xmalloc(sizeof(*entry) + name_size + 1);
	*entry = (struct entry){
		.bucket = bucket_of(name),
		.size = name_size + text_size + ENTRY_COST,
		.until_ms = now_ms + life_ms,
		.value = steal(&text),
	};
	memcpy(entry->name, name, name_size + 1);
	pthread_mutex_lock(&cache->lock);
	struct entry *before = find(cache, name);

	if (before)
		drop(cache, before);
	entry->chain = cache->buckets[entry->bucket];
	cache->buckets[entry->bucket] = entry;
	link_newest(cache, entry);
	cache->size += entry->size;
	while (cache->size > cache->max_size)
		drop(cache, cache->oldest);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

void host_cache_free(struct host_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		drop(cache, cache->oldest);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}
