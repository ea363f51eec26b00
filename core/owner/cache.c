/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/cache.h"

#include <pthread.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/owner/codeowners.h"
#include "core/owner/rule.h"
#include "core/storage/code_mapping.h"
#include "core/storage/codeowners.h"
#include "core/storage/ownership.h"

#define ENTRIES_MAX 64
#define SIZE_MAX_ALL ((size_t)64 << 20)

struct entry {
	struct owner_rules rules;      /* first: what users are handed */
	int64_t project_id;
	uint64_t version;
	uint64_t used;                 /* when, in uses */
	size_t size;
	size_t users;                  /* and one for the cache while it is in it */
};

struct owner_cache {
	pthread_mutex_t lock;
	struct entry *entries[ENTRIES_MAX];    /* NULL: free */
	uint64_t uses;
	size_t size;
};

struct owner_cache *owner_cache_new(void)
{
	struct owner_cache *cache = new(struct owner_cache);

	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

static void entry_unref(struct entry *entry)
{
	if (--entry->users > 0)
		return;
	owner_rules_clear(&entry->rules);
	free(entry);
}

static void drop(struct owner_cache *cache, size_t place)
{
	cache->size -= cache->entries[place]->size;
	entry_unref(steal(&cache->entries[place]));
}

void owner_cache_free(struct owner_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		if (cache->entries[i])
			drop(cache, i);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* ---- Making them ---- */

static int add_codeowners(struct tx *tx, int64_t project_id, struct owner_rules *rules,
	struct err *err)
{
	struct code_mapping *mappings = NULL;
	struct codeowners *list = NULL;
	size_t mapping_len = 0, len = 0;
	int result = codeowners_list(tx, project_id, &list, &len, err);

	if (result == 0 && len > 0)
		result = code_mapping_list_project(tx, project_id, &mappings, &mapping_len, err);
	for (size_t i = 0; i < len && result == 0; i++)
		for (size_t j = 0; j < mapping_len; j++)
			if (mappings[j].id == list[i].code_mapping_id)
				(void)codeowners_parse(rules, list[i].raw, mappings[j].stack_root,
					mappings[j].source_root);
	codeowners_list_free(list, len);
	code_mapping_list_free(mappings, mapping_len);
	return result;
}

static int make(struct tx *tx, int64_t project_id, struct owner_rules *rules, struct err *err)
{
	cleanup_ownership struct ownership ownership = {0};
	cleanup_err struct err fault = {0};
	int result = add_codeowners(tx, project_id, rules, err);

	if (result == 0)
		result = ownership_get(tx, project_id, &ownership, err);
	/* They were checked when they were stored. */
	if (result == 0 && owner_rules_parse(rules, ownership.raw, &fault) < 0)
		log_limited(MORTISE_LOG_WARNING, "ownership.not_read", LOG_INT("project", project_id),
			LOG_TEXT("reason", err_text(&fault)));
	return result;
}

/* ---- Keeping them ---- */

static struct entry *find(struct owner_cache *cache, int64_t project_id, uint64_t version)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *entry = cache->entries[i];

		if (entry && entry->project_id == project_id && entry->version == version) {
			entry->used = ++cache->uses;
			entry->users++;
			return entry;
		}
	}
	return NULL;
}

/* A place for 'size' bytes of a project: an older version of it goes, then what was used
 * least. */
static size_t make_place(struct owner_cache *cache, int64_t project_id, size_t size)
{
	for (;;) {
		size_t oldest = ENTRIES_MAX, place = ENTRIES_MAX;

		for (size_t i = 0; i < ENTRIES_MAX; i++) {
			if (cache->entries[i] && cache->entries[i]->project_id == project_id)
				drop(cache, i);
			if (!cache->entries[i])
				place = i;
			else if (oldest == ENTRIES_MAX ||
				cache->entries[i]->used < cache->entries[oldest]->used)
				oldest = i;
		}
		if (oldest == ENTRIES_MAX || (place < ENTRIES_MAX && cache->size + size <= SIZE_MAX_ALL))
			return place;
		drop(cache, oldest);
	}
}

static void put(struct owner_cache *cache, struct entry *entry)
{
	size_t place;

	if (entry->size > SIZE_MAX_ALL)
		return;
	pthread_mutex_lock(&cache->lock);
	place = make_place(cache, entry->project_id, entry->size);
	entry->used = ++cache->uses;
	entry->users++;
	cache->size += entry->size;
	cache->entries[place] = entry;
	pthread_mutex_unlock(&cache->lock);
}

int owner_cache_get(struct owner_cache *cache, struct tx *tx, int64_t project_id,
	const struct owner_rules **ret_rules, struct err *err)
{
	uint64_t version;
	struct entry *entry;
	int result = ownership_version(tx, project_id, &version, err);

	if (result < 0)
		return result;
	pthread_mutex_lock(&cache->lock);
	entry = find(cache, project_id, version);
	pthread_mutex_unlock(&cache->lock);
	if (!entry) {
		entry = new(struct entry);
		entry->project_id = project_id;
		entry->version = version;
		entry->users = 1;
		result = make(tx, project_id, &entry->rules, err);
		if (result < 0) {
			entry_unref(entry);
			return result;
		}
		entry->size = sizeof(*entry) + owner_rules_size(&entry->rules);
		put(cache, entry);
	}
	*ret_rules = &entry->rules;
	return 0;
}

void owner_cache_unref(struct owner_cache *cache, const struct owner_rules *rules)
{
	if (!rules)
		return;
	pthread_mutex_lock(&cache->lock);
	entry_unref((struct entry *)(uintptr_t)rules);
	pthread_mutex_unlock(&cache->lock);
}
