/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/token/public_key.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/daemon/daemon.h"
#include "core/egress/egress.h"
#include "core/provider/provider.h"
#include "core/upstream/upstream.h"
#include "core/vault/vault.h"

#define TABLE_LEN 64
#define KEY_LIFE_MS (INT64_C(3600) * 1000)
#define UNKNOWN_LIFE_MS (INT64_C(60) * 1000)
#define FETCHES_MAX 4
#define FETCH_TIMEOUT_MS 5000
#define ANSWER_MAX ((size_t)16 << 10)

struct entry {
	char *name;            /* PROVIDER ADDRESS; NULL: free */
	char *pem;             /* NULL: not known there */
	int64_t until_ms;
};

struct public_keys {
	pthread_mutex_t lock;
	struct entry entries[TABLE_LEN];       /* under lock, as the next */
	int fetching;
};

struct public_keys *public_keys_new(void)
{
	struct public_keys *keys = new(struct public_keys);

	pthread_mutex_init(&keys->lock, NULL);
	return keys;
}

static void clear_entry(struct entry *entry)
{
	free(entry->name);
	free(entry->pem);
	*entry = (struct entry){0};
}

void public_keys_free(struct public_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < TABLE_LEN; i++)
		clear_entry(&keys->entries[i]);
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}

/* ---- The table ---- */

/* Under lock. */
static struct entry *find(struct public_keys *keys, const char *name)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (keys->entries[i].name && strcmp(keys->entries[i].name, name) == 0)
			return &keys->entries[i];
	return NULL;
}

/* What goes first: what is free or old, then what is not known. */
static int rank(const struct entry *entry, int64_t now_ms)
{
	if (!entry->name || now_ms >= entry->until_ms)
		return 0;
	return entry->pem ? 2 : 1;
}

/* Under lock: where to put it. */
static struct entry *make_room(struct public_keys *keys, const char *name, int64_t now_ms)
{
	struct entry *place = find(keys, name);

	if (place)
		return place;
	place = &keys->entries[0];
	for (size_t i = 1; i < TABLE_LEN; i++) {
		struct entry *entry = &keys->entries[i];
		int order = rank(entry, now_ms) - rank(place, now_ms);

		if (order < 0 || (order == 0 && entry->until_ms < place->until_ms))
			place = entry;
	}
	return place;
}

/* 'pem' NULL: not known.  No key makes room for one that is not known. */
static void keep(struct public_keys *keys, const char *name, const char *pem)
{
	int64_t now_ms = clock_mono_ms();
	struct entry *place;

	pthread_mutex_lock(&keys->lock);
	place = make_room(keys, name, now_ms);
	if (pem || rank(place, now_ms) < 2) {
		clear_entry(place);
		*place = (struct entry){xstrdup(name), xstrdup(pem),
			now_ms + (pem ? KEY_LIFE_MS : UNKNOWN_LIFE_MS)};
	}
	pthread_mutex_unlock(&keys->lock);
}

static int not_known(struct err *err)
{
	return err_set(err, MORTISE_E_NOT_FOUND, "the key that it names is not known where keys "
		"are published");
}

enum look { LOOK_FOUND, LOOK_UNKNOWN, LOOK_FETCH, LOOK_BUSY };

/* LOOK_FETCH: the caller fetches it, and says so when it is done. */
static enum look look_up(struct public_keys *keys, const char *name, struct secret **ret_pem)
{
	enum look look = LOOK_FETCH;
	struct entry *entry;

	pthread_mutex_lock(&keys->lock);
	entry = find(keys, name);
	if (entry && clock_mono_ms() < entry->until_ms) {
		look = entry->pem ? LOOK_FOUND : LOOK_UNKNOWN;
		if (entry->pem)
			*ret_pem = secret_new(entry->pem, strlen(entry->pem));
	} else if (keys->fetching == FETCHES_MAX) {
		look = LOOK_BUSY;
	} else {
		keys->fetching++;
	}
	pthread_mutex_unlock(&keys->lock);
	return look;
}

static void end_fetch(struct public_keys *keys)
{
	pthread_mutex_lock(&keys->lock);
	keys->fetching--;
	pthread_mutex_unlock(&keys->lock);
}

/* ---- Fetching ---- */

/* The address with the id in its place; the rest is the template's. */
static int fill_address(struct daemon *daemon, const struct call_scope *scope,
	const char *address, const char *kid, char **ret_url, struct err *err)
{
	static const char mark[] = "{kid}";
	cleanup_buf struct buf filled = BUF(0);
	const char *at;

	while ((at = strstr(address, mark))) {
		buf_add(&filled, address, (size_t)(at - address));
		buf_add_text(&filled, kid);
		address = at + strlen(mark);
	}
	buf_add_text(&filled, address);
	return upstream_template(daemon, scope, buf_text(&filled), NULL, ret_url, err);
}

/* What was answered: 0 for a key, E_NOT_FOUND for a sure no. */
static int judge(const struct egress_answer *answer, struct err *err)
{
	cleanup_secret struct secret *pem = NULL;

	if (answer->status == 429 || answer->status >= 500)
		return err_set(err, MORTISE_E_UPSTREAM, "where keys are published, the answer was %d",
			answer->status);
	if (answer->status != 200)
		return not_known(err);
	pem = secret_new(answer->body, answer->size);
	return jwt_check_public_key(pem, NULL) < 0 ? not_known(err) : 0;
}

static int fetch(struct daemon *daemon, const char *provider, const char *url, char **ret_pem,
	struct err *err)
{
	static const struct egress_header headers[] = {
		{"Accept", "text/plain, application/x-pem-file"}, {NULL, NULL}};
	const struct egress_request request = {
		.provider = provider,
		.method = "GET",
		.url = url,
		.headers = headers,
		.redirects = MORTISE_REDIRECT_NONE,
		.max_answer = ANSWER_MAX,
		.timeout_ms = FETCH_TIMEOUT_MS,
	};
	struct egress_answer answer = {0};
	enum egress_failure failure;
	int result = egress_send(daemon->egress, &request, &answer, &failure, err);

	if (result < 0)
		return result;
	result = judge(&answer, err);
	if (result == 0)
		*ret_pem = steal(&answer.body);
	egress_answer_clear(&answer);
	return result;
}

static int fetch_and_keep(struct daemon *daemon, const char *provider, const char *name,
	const char *url, struct secret **ret_pem, struct err *err)
{
	cleanup_free char *pem = NULL;
	int result = fetch(daemon, provider, url, &pem, err);

	if (result == 0 || result == MORTISE_E_NOT_FOUND)
		keep(daemon->public_keys, name, pem);
	if (result == 0)
		*ret_pem = secret_new(pem, strlen(pem));
	return result;
}

int public_key_get(struct daemon *daemon, const struct call_scope *scope, const char *address,
	const char *kid, struct secret **ret_pem, struct err *err)
{
	const char *provider = scope->provider->provider.key;
	cleanup_free char *url = NULL, *name = NULL;
	int result = fill_address(daemon, scope, address, kid, &url, err);

	if (result < 0)
		return result;
	name = xasprintf("%s %s", provider, url);
	switch (look_up(daemon->public_keys, name, ret_pem)) {
	case LOOK_FOUND:
		return 0;
	case LOOK_UNKNOWN:
		return not_known(err);
	case LOOK_BUSY:
		return err_set(err, MORTISE_E_RETRY, "%d public keys are being fetched already",
			FETCHES_MAX);
	case LOOK_FETCH:
		break;
	}
	result = fetch_and_keep(daemon, provider, name, url, ret_pem, err);
	end_fetch(daemon->public_keys);
	return result;
}
