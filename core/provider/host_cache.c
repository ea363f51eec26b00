/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The small cache that plugins have: JSON values per integration, in memory.  Each
 * provider has a share of its own, from which the least recently used go first, so that
 * none can put out what another one keeps.  Host-call threads.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <string.h>

#include "core/base/mem.h"

#define BUCKETS 1024
#define VALUE_MAX ((size_t)64 << 10)
#define KEY_MAX 256
#define ENTRY_COST 128                 /* what an entry takes besides its texts */

/* What one provider has. */
struct share {
	struct share *next;
	size_t size;
	struct entry *newest, *oldest;
	char provider[];
};

struct entry {
	struct share *share;
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
	size_t max_size;               /* of a share */
	struct share *shares;          /* few: one for each provider that ever put something */
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
static void unlink_use(struct entry *entry)
{
	struct share *share = entry->share;

	if (entry->newer)
		entry->newer->older = entry->older;
	else
		share->newest = entry->older;
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		share->oldest = entry->newer;
	entry->newer = entry->older = NULL;
}

/* Lock held. */
static void link_newest(struct entry *entry)
{
	struct share *share = entry->share;

	entry->older = share->newest;
	if (share->newest)
		share->newest->newer = entry;
	else
		share->oldest = entry;
	share->newest = entry;
}

/* Lock held.  An owner begins with its provider's key and a space. */
static struct share *share_of(struct host_cache *cache, const char *owner)
{
	size_t size = strcspn(owner, " ");
	struct share *share = cache->shares;

	while (share && (strncmp(share->provider, owner, size) != 0 || share->provider[size]))
		share = share->next;
	if (share)
		return share;
	share = xcalloc(1, sizeof(*share) + size + 1);
	memcpy(share->provider, owner, size);
	share->next = cache->shares;
	cache->shares = share;
	return share;
}

/* Lock held. */
static void drop(struct host_cache *cache, struct entry *entry)
{
	struct entry **at = &cache->buckets[entry->bucket];

	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
	unlink_use(entry);
	entry->share->size -= entry->size;
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
		unlink_use(entry);
		link_newest(entry);
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
	entry->share = share_of(cache, owner);
	entry->chain = cache->buckets[entry->bucket];
	cache->buckets[entry->bucket] = entry;
	link_newest(entry);
	entry->share->size += entry->size;
	for (struct share *share = entry->share; share->size > cache->max_size;)
		drop(cache, share->oldest);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

void host_cache_free(struct host_cache *cache)
{
	if (!cache)
		return;
	while (cache->shares) {
		struct share *share = cache->shares;

		while (share->oldest)
			drop(cache, share->oldest);
		cache->shares = share->next;
		free(share);
	}
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}
