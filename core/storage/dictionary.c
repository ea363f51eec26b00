/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/dictionary.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/storage/connection.h"

#define KINDS_MAX 64
/* Of those that are not current, how many are kept ready. */
#define RECENT_MAX 8
/* So many bodies are enough to learn from; if it did not help, twice as many, and so on. */
#define DUE_AFTER 512

/* A sample is a body, or its beginning.  Of the newest rows each is one, then ever fewer
 * are: the next one is so many parts older.  It is looked for in so many rows. */
#define SAMPLE_MAX ((size_t)8 << 10)
#define SAMPLE_EVERY 48
#define SAMPLE_BODY_MAX ((size_t)32 << 20)
#define SAMPLE_LOOK 64

SQL(dictionary_sql_add, "INSERT INTO dictionary (source, name, made_at, content) "
	"VALUES ($1, $2, $3, $4) RETURNING id");
SQL(dictionary_sql_open, "SELECT id, source, name, made_at, content FROM dictionary "
	"WHERE last_row IS NULL ORDER BY id");
SQL(dictionary_sql_get, "SELECT content FROM dictionary WHERE id = $1");
SQL(dictionary_sql_end, "UPDATE dictionary SET last_row = CASE source "
	"WHEN 0 THEN (SELECT COALESCE(MAX(id), 0) FROM webhook) "
	"ELSE (SELECT COALESCE(MAX(id), 0) FROM event) END WHERE id = $1 AND last_row IS NULL");
SQL(dictionary_sql_prune, "DELETE FROM dictionary WHERE id IN (SELECT id FROM dictionary "
	"WHERE last_row IS NOT NULL "
	"AND NOT EXISTS (SELECT 1 FROM webhook WHERE source = 0 AND webhook.id <= last_row) "
	"AND NOT EXISTS (SELECT 1 FROM event WHERE source = 1 AND event.id <= last_row) "
	"LIMIT $1)");
SQL(dictionary_sql_webhook_span, "SELECT (SELECT MIN(id) FROM webhook), "
	"(SELECT MAX(id) FROM webhook)");
SQL(dictionary_sql_event_span, "SELECT (SELECT MIN(event_row_id) FROM event_body), "
	"(SELECT MAX(event_row_id) FROM event_body)");
SQL(dictionary_sql_webhook_sample, "SELECT encoding, size, body FROM webhook "
	"WHERE id >= $1 AND id < $2 AND provider = $3 ORDER BY id LIMIT 1");
SQL(dictionary_sql_event_sample, "SELECT encoding, size, body FROM event_body "
	"WHERE event_row_id >= $1 AND event_row_id < $2 AND $3 = '' "
	"ORDER BY event_row_id LIMIT 1");

static const struct {
	const struct sql *span, *sample;
} sources[] = {
	[DICTIONARY_WEBHOOKS] = {&dictionary_sql_webhook_span, &dictionary_sql_webhook_sample},
	[DICTIONARY_EVENTS] = {&dictionary_sql_event_span, &dictionary_sql_event_sample},
};

struct kind {
	struct dictionary_kind kind;
	char *name;
	struct pack_dictionary *current; /* or NULL */
	int64_t made_us;
	uint64_t plain;                /* bodies that came without one */
};

struct resting {
	int64_t id;
	struct pack_dictionary *dictionary; /* NULL: it was so when the daemon started */
};

struct dictionaries {
	pthread_mutex_t lock;
	/* Under lock, as the rest. */
	struct kind kinds[KINDS_MAX];
	size_t kind_len;
	struct resting *resting;
	size_t resting_len;
	struct pack_dictionary *recent[RECENT_MAX]; /* the last used first */
};

struct dictionaries *dictionaries_new(void)
{
	struct dictionaries *dictionaries = new(struct dictionaries);

	pthread_mutex_init(&dictionaries->lock, NULL);
	return dictionaries;
}

void dictionaries_free(struct dictionaries *dictionaries)
{
	if (!dictionaries)
		return;
	for (size_t i = 0; i < dictionaries->kind_len; i++) {
		pack_dictionary_unref(dictionaries->kinds[i].current);
		free(dictionaries->kinds[i].name);
	}
	for (size_t i = 0; i < dictionaries->resting_len; i++)
		pack_dictionary_unref(dictionaries->resting[i].dictionary);
	for (size_t i = 0; i < RECENT_MAX; i++)
		pack_dictionary_unref(dictionaries->recent[i]);
	pthread_mutex_destroy(&dictionaries->lock);
	free(dictionaries->resting);
	free(dictionaries);
}

/* ---- Current ones; what begins with "locked" is under the lock ---- */

/* Its place, made if it has none; NULL when there are too many. */
static struct kind *locked_kind(struct dictionaries *dictionaries,
	const struct dictionary_kind *wanted)
{
	struct kind *kind;

	for (size_t i = 0; i < dictionaries->kind_len; i++) {
		kind = &dictionaries->kinds[i];
		if (kind->kind.source == wanted->source && strcmp(kind->name, wanted->name) == 0)
			return kind;
	}
	if (dictionaries->kind_len == KINDS_MAX)
		return NULL;
	kind = &dictionaries->kinds[dictionaries->kind_len++];
	kind->name = xstrdup(wanted->name);
	kind->kind = (struct dictionary_kind){wanted->source, kind->name};
	return kind;
}

static bool is_due(uint64_t bodies)
{
	return bodies >= DUE_AFTER && (bodies & (bodies - 1)) == 0;
}

struct pack_dictionary *dictionaries_current(struct dictionaries *dictionaries,
	const struct dictionary_kind *wanted, bool *ret_due)
{
	struct pack_dictionary *current = NULL;
	struct kind *kind;

	if (ret_due)
		*ret_due = false;
	pthread_mutex_lock(&dictionaries->lock);
	kind = locked_kind(dictionaries, wanted);
	if (kind && kind->current)
		current = pack_dictionary_ref(kind->current);
	else if (kind && ret_due)
		*ret_due = is_due(++kind->plain);
	pthread_mutex_unlock(&dictionaries->lock);
	return current;
}

size_t dictionaries_kinds(struct dictionaries *dictionaries, size_t max,
	struct dictionary_kind *ret_kinds)
{
	size_t len;

	pthread_mutex_lock(&dictionaries->lock);
	for (len = 0; len < max && len < dictionaries->kind_len; len++)
		ret_kinds[len] = dictionaries->kinds[len].kind;
	pthread_mutex_unlock(&dictionaries->lock);
	return len;
}

int64_t dictionaries_made(struct dictionaries *dictionaries, const struct dictionary_kind *wanted)
{
	struct kind *kind;
	int64_t made_us;

	pthread_mutex_lock(&dictionaries->lock);
	kind = locked_kind(dictionaries, wanted);
	made_us = kind && kind->current ? kind->made_us : 0;
	pthread_mutex_unlock(&dictionaries->lock);
	return made_us;
}

static void locked_rest(struct dictionaries *dictionaries, int64_t id,
	struct pack_dictionary *dictionary_take)
{
	size_t size = (dictionaries->resting_len + 1) * sizeof(*dictionaries->resting);

	dictionaries->resting = xrealloc(dictionaries->resting, size);
	dictionaries->resting[dictionaries->resting_len++] =
		(struct resting){id, dictionary_take};
}

void dictionaries_put(struct dictionaries *dictionaries, const struct dictionary_kind *wanted,
	struct pack_dictionary *dictionary_take, int64_t made_us)
{
	struct kind *kind;

	pthread_mutex_lock(&dictionaries->lock);
	kind = locked_kind(dictionaries, wanted);
	if (kind && kind->current)
		locked_rest(dictionaries, pack_dictionary_id(kind->current), kind->current);
	if (kind) {
		kind->current = dictionary_take;
		kind->made_us = made_us;
		kind->plain = 0;
	} else if (dictionary_take) {
		locked_rest(dictionaries, pack_dictionary_id(dictionary_take), dictionary_take);
	}
	pthread_mutex_unlock(&dictionaries->lock);
}

size_t dictionaries_rested(struct dictionaries *dictionaries, size_t max, int64_t *ret_ids)
{
	size_t len = 0;

	pthread_mutex_lock(&dictionaries->lock);
	for (size_t i = 0; i < dictionaries->resting_len && len < max; i++) {
		const struct resting *resting = &dictionaries->resting[i];

		if (!resting->dictionary || pack_dictionary_is_last(resting->dictionary))
			ret_ids[len++] = resting->id;
	}
	pthread_mutex_unlock(&dictionaries->lock);
	return len;
}

void dictionaries_forget(struct dictionaries *dictionaries, int64_t id)
{
	size_t len = 0;

	pthread_mutex_lock(&dictionaries->lock);
	for (size_t i = 0; i < dictionaries->resting_len; i++)
		if (dictionaries->resting[i].id == id)
			pack_dictionary_unref(dictionaries->resting[i].dictionary);
		else
			dictionaries->resting[len++] = dictionaries->resting[i];
	dictionaries->resting_len = len;
	pthread_mutex_unlock(&dictionaries->lock);
}

/* A row that has no last row yet: the newest of its kind is current, the others rest. */
static void load_row(struct dictionaries *dictionaries, struct query *query)
{
	int64_t id = query_int(query, 0), made_us = query_int(query, 3);
	struct blob content = query_blob(query, 4);
	struct dictionary_kind kind = {
		query_int(query, 1) == DICTIONARY_WEBHOOKS ? DICTIONARY_WEBHOOKS :
			DICTIONARY_EVENTS, query_text(query, 2)};
	struct pack_dictionary *dictionary = pack_dictionary_new(id, content.data, content.size);

	if (dictionary)
		dictionaries_put(dictionaries, &kind, dictionary, made_us);
	else
		log_error("dictionary.damaged", LOG_INT("dictionary", id));
}

int dictionaries_load(struct dictionaries *dictionaries, struct tx *tx, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &dictionary_sql_open, err, "");

	while (result >= 0 && (result = query_next(&query)) == 1)
		load_row(dictionaries, &query);
	query_end(&query);
	return result < 0 ? result : 0;
}

/* ---- Unpacking ---- */

/* One that is ready, as a reference; NULL if none is. */
static struct pack_dictionary *find_ready(struct dictionaries *dictionaries, int64_t id)
{
	struct pack_dictionary *found = NULL;

	pthread_mutex_lock(&dictionaries->lock);
	for (size_t i = 0; !found && i < dictionaries->kind_len; i++)
		if (dictionaries->kinds[i].current &&
			pack_dictionary_id(dictionaries->kinds[i].current) == id)
			found = dictionaries->kinds[i].current;
	for (size_t i = 0; !found && i < RECENT_MAX && dictionaries->recent[i]; i++) {
		if (pack_dictionary_id(dictionaries->recent[i]) != id)
			continue;
		found = dictionaries->recent[i];
		memmove(&dictionaries->recent[1], &dictionaries->recent[0], i * sizeof(found));
		dictionaries->recent[0] = found;
	}
	if (found)
		pack_dictionary_ref(found);
	pthread_mutex_unlock(&dictionaries->lock);
	return found;
}

/* Keep one ready, in place of the one that was used the longest time ago. */
static void keep_ready(struct dictionaries *dictionaries, struct pack_dictionary *dictionary)
{
	struct pack_dictionary **recent = dictionaries->recent;

	pthread_mutex_lock(&dictionaries->lock);
	pack_dictionary_unref(recent[RECENT_MAX - 1]);
	memmove(&recent[1], &recent[0], (RECENT_MAX - 1) * sizeof(*recent));
	recent[0] = pack_dictionary_ref(dictionary);
	pthread_mutex_unlock(&dictionaries->lock);
}

static int find(struct tx *tx, int64_t id, struct pack_dictionary **ret_dictionary,
	struct err *err)
{
	struct pack_dictionary *found = find_ready(tx->dictionaries, id);
	struct query query;
	int result;

	if (found) {
		*ret_dictionary = found;
		return 0;
	}
	result = query_first(&query, tx, &dictionary_sql_get, err, "i", id);
	if (result == 1) {
		struct blob content = query_blob(&query, 0);

		found = pack_dictionary_new(id, content.data, content.size);
	}
	query_end(&query);
	if (result < 0)
		return result;
	if (!found)
		return err_set(err, MORTISE_E_LIMIT, "damaged where it is stored: the dictionary "
			"%" PRId64 " that it needs is %s", id, result == 1 ? "damaged" : "not there");
	keep_ready(tx->dictionaries, found);
	*ret_dictionary = found;
	return 0;
}

int dictionary_unpack(struct tx *tx, const struct dictionary_body *body, size_t max,
	char **ret_bytes, struct err *err)
{
	int64_t id = packed_dictionary_id(body->encoding, body->data, body->data_size);
	struct pack_dictionary *dictionary = NULL;
	int result = id > 0 ? find(tx, id, &dictionary, err) : 0;

	if (result == 0)
		result = unpack(body->encoding, body->data, body->data_size, body->size, max,
			dictionary, ret_bytes, err);
	pack_dictionary_unref(dictionary);
	return result;
}

/* ---- Rows ---- */

int dictionary_add(struct tx *tx, const struct dictionary_kind *kind, const void *content,
	size_t size, int64_t made_us, int64_t *ret_id, struct err *err)
{
	struct blob blob = {content, size};

	return tx_insert(tx, &dictionary_sql_add, ret_id, err, "isib", (int64_t)kind->source,
		kind->name, made_us, &blob);
}

int dictionary_end(struct tx *tx, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &dictionary_sql_end, err, "i", id);

	return result < 0 ? result : 0;
}

int dictionary_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err)
{
	(void)before_us;
	return tx_exec(tx, &dictionary_sql_prune, err, "i", limit);
}

/* ---- Samples ---- */

/* A damaged one is no sample. */
static void add_sample(struct query *query, struct dictionary_samples *samples)
{
	struct blob data = query_blob(query, 2);
	struct dictionary_body body = {(int)query_int(query, 0), query_int(query, 1), data.data,
		data.size};
	cleanup_free char *bytes = NULL;
	size_t size = (size_t)body.size < SAMPLE_MAX ? (size_t)body.size : SAMPLE_MAX;

	if (body.size < PACK_FROM ||
		dictionary_unpack(query->tx, &body, SAMPLE_BODY_MAX, &bytes, NULL) < 0)
		return;
	samples->bytes = xrealloc(samples->bytes, samples->size + size);
	memcpy(samples->bytes + samples->size, bytes, size);
	samples->size += size;
	samples->sizes[samples->len++] = size;
}

/* The first of its kind of a few rows. */
static int sample_from(struct tx *tx, const struct dictionary_kind *kind, int64_t from,
	int64_t end, struct dictionary_samples *samples, struct err *err)
{
	struct query query;
	int result;

	if (end - from > SAMPLE_LOOK)
		from = end - SAMPLE_LOOK;
	result = query_first(&query, tx, sources[kind->source].sample, err, "iis", from, end,
		kind->name);
	if (result == 1)
		add_sample(&query, samples);
	query_end(&query);
	return result < 0 ? result : 0;
}

int dictionary_sample(struct tx *tx, const struct dictionary_kind *kind,
	struct dictionary_samples *ret_samples, struct err *err)
{
	int64_t first = 0, end = 0;
	struct query query;
	int result = query_first(&query, tx, sources[kind->source].span, err, "");

	*ret_samples = (struct dictionary_samples){0};
	if (result == 1 && !query_is_null(&query, 0)) {
		first = query_int(&query, 0);
		end = query_int(&query, 1) + 1;
	}
	query_end(&query);
	for (int64_t age = 0, step; result >= 0 && end - age > first &&
		ret_samples->len < DICTIONARY_SAMPLES_MAX; age += step) {
		step = 1 + age / SAMPLE_EVERY;
		result = sample_from(tx, kind, end - age - step, end - age, ret_samples, err);
	}
	return result < 0 ? result : 0;
}

void dictionary_samples_clear(struct dictionary_samples *samples)
{
	free(samples->bytes);
	*samples = (struct dictionary_samples){0};
}
