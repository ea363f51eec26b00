/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/keys.h"

#include <assert.h>
#include <pthread.h>
#include <search.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/project_key.h"
#include "core/storage/store.h"

#define MINUTE_MS 60000

/* Stays until the end: there are no more of them than rows. */
struct key {
	char public_key[PROJECT_KEY_SIZE];
	struct key_owner owner;
	int64_t age;           /* of the table, when the owner was read */
	int64_t minute_ms;     /* when the current minute began */
	int taken;             /* in it */
	int in_flight;
};

struct keys {
	struct store *store;
	int per_minute;
	pthread_mutex_t lock;
	void *tree;            /* of struct key; under lock, as the rest */
	int64_t age;
};

struct keys *keys_new(struct store *store, int per_minute)
{
	struct keys *keys = new(struct keys);

	keys->store = store;
	keys->per_minute = per_minute;
	pthread_mutex_init(&keys->lock, NULL);
	return keys;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	tdestroy(keys->tree, free);
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}

void keys_forget(struct keys *keys)
{
	pthread_mutex_lock(&keys->lock);
	keys->age++;
	pthread_mutex_unlock(&keys->lock);
}

static int compare(const void *a, const void *b)
{
	/* The text is the first member, so that a text alone can be looked for. */
	return strcmp(a, b);
}

/* Under lock; NULL: it was not seen. */
static struct key *seen_key(struct keys *keys, const char *public_key)
{
	void *node = tfind(public_key, &keys->tree, compare);

	return node ? *(struct key **)node : NULL;
}

struct reading {
	const char *public_key;
	struct key_owner owner;
};

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct reading *reading = arg;
	cleanup_project_key struct project_key row = {0};
	int64_t organization_id;
	int result = project_key_find(tx, reading->public_key, &row, &organization_id, err);

	if (result < 0)
		return result;
	reading->owner = (struct key_owner){row.project_id, organization_id, row.active};
	return 0;
}

static void keep(struct keys *keys, const struct reading *reading, int64_t age)
{
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = seen_key(keys, reading->public_key);
	if (!key) {
		key = new(struct key);
		strcpy(key->public_key, reading->public_key);
		if (!tsearch(key, &keys->tree, compare))
			abort();
	}
	key->owner = reading->owner;
	key->age = age;
	pthread_mutex_unlock(&keys->lock);
}

int keys_find(struct keys *keys, const char *public_key, struct key_owner *ret_owner,
	struct err *err)
{
	struct reading reading = {.public_key = public_key};
	struct key *key;
	int64_t age;
	bool fresh;
	int result;

	pthread_mutex_lock(&keys->lock);
	age = keys->age;
	key = seen_key(keys, public_key);
	fresh = key && key->age == age;
	if (fresh)
		*ret_owner = key->owner;
	pthread_mutex_unlock(&keys->lock);
	if (fresh)
		return 0;
	result = store_read(keys->store, read_in, &reading, err);
	if (result < 0)
		return result;
	keep(keys, &reading, age);
	*ret_owner = reading.owner;
	return 0;
}

/* Under lock. */
static bool is_limited(const struct keys *keys, struct key *key, int64_t mono_ms)
{
	if (mono_ms - key->minute_ms >= MINUTE_MS || key->minute_ms == 0) {
		key->minute_ms = mono_ms;
		key->taken = 0;
	}
	return keys->per_minute > 0 && key->taken >= keys->per_minute;
}

enum keys_verdict keys_take(struct keys *keys, const char *public_key, int64_t mono_ms,
	int *ret_wait_s)
{
	enum keys_verdict verdict = KEYS_TAKEN;
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = seen_key(keys, public_key);
	assert(key);
	if (is_limited(keys, key, mono_ms)) {
		verdict = KEYS_LIMITED;
		*ret_wait_s = (int)((key->minute_ms + MINUTE_MS - mono_ms + 999) / 1000);
	} else if (key->in_flight >= KEYS_IN_FLIGHT) {
		verdict = KEYS_BUSY;
	} else {
		key->taken++;
		key->in_flight++;
	}
	pthread_mutex_unlock(&keys->lock);
	return verdict;
}

void keys_give_back(struct keys *keys, const char *public_key)
{
	pthread_mutex_lock(&keys->lock);
	seen_key(keys, public_key)->in_flight--;
	pthread_mutex_unlock(&keys->lock);
}
