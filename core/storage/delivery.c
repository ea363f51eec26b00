/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/delivery.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/connection.h"

#define SLICES 64
#define SLICE_SHIFT 58
/* How many webhooks come between two folds; a whole turn is SLICES times that. */
#define FOLD_EVERY 256

SQL(delivery_sql_is, "SELECT id FROM webhook WHERE id = $1 AND key_owner = $2 "
	"AND delivery_id = $3");
SQL(delivery_sql_find, "SELECT webhook_id FROM delivery WHERE period = $1 AND mark = $2");
SQL(delivery_sql_add, "INSERT INTO delivery (period, mark, webhook_id) VALUES ($1, $2, $3) "
	"ON CONFLICT DO NOTHING");
SQL(delivery_sql_next_period, "SELECT period FROM delivery WHERE period > $1 "
	"ORDER BY period LIMIT 1");
SQL(delivery_sql_fold, "SELECT step, turn_from, folded_to FROM delivery_fold");
SQL(delivery_sql_folded, "UPDATE delivery_fold SET step = $1, turn_from = $2, folded_to = $3");
SQL(delivery_sql_recent, "SELECT id, key_owner, delivery_id, received_at FROM webhook "
	"WHERE id > $1 AND delivery_id IS NOT NULL ORDER BY id");

struct entry {
	int64_t period, mark, webhook_id;
};

/* The entries whose marks begin with the same bits. */
struct slice {
	struct entry *entries;
	size_t len, max;
	size_t folded;                 /* how many of the first the last fold wrote */
};

struct delivery_table {
	struct slice slices[SLICES];
	int64_t *periods;              /* those of the table */
	size_t period_len;
	int64_t step;                  /* folds whose entries are forgotten here */
	unsigned since_fold;
	uint64_t serial, fold_serial;  /* the transactions of the last change and fold */
	int64_t newest, committed;     /* webhooks: the last one, that of earlier transactions */
};

/* How far folding has come: a row of the database, so that it is true after a rollback
 * too.  All webhooks up to 'folded_to' are folded. */
struct progress {
	int64_t step, turn_from, folded_to;
};

/* Spreads ids over the table; it guards nothing, so its key is no secret. */
int64_t delivery_mark(const char *key_owner, const char *delivery_id)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	size_t owner_len = strlen(key_owner), id_len = strlen(delivery_id);
	char text[256], *longer = NULL, *end = text;
	int64_t mark;

	_Static_assert(sizeof(mark) == crypto_shorthash_BYTES, "a mark is one short hash");
	if (owner_len + 1 + id_len > sizeof(text))
		end = longer = xmalloc(owner_len + 1 + id_len);
	end = mempcpy(end, key_owner, owner_len);
	*end++ = '\n';
	memcpy(end, delivery_id, id_len);
	crypto_shorthash((unsigned char *)&mark, (unsigned char *)(longer ? longer : text),
		owner_len + 1 + id_len, key);
	free(longer);
	return mark;
}

static struct slice *slice_of(struct delivery_table *table, int64_t mark)
{
	return &table->slices[(uint64_t)mark >> SLICE_SHIFT];
}

static void remember(struct delivery_table *table, const struct entry *entry)
{
	struct slice *slice = slice_of(table, entry->mark);

	if (slice->len == slice->max) {
		slice->max = slice->max ? 2 * slice->max : 32;
		slice->entries = xrealloc(slice->entries, slice->max * sizeof(*slice->entries));
	}
	slice->entries[slice->len++] = *entry;
}

/* ---- Reading the database ---- */

static int read_progress(struct tx *tx, struct progress *ret_progress, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &delivery_sql_fold, err, "");

	if (result == 1)
		*ret_progress = (struct progress){
			query_int(&query, 0), query_int(&query, 1), query_int(&query, 2)};
	else if (result == 0)
		result = err_set(err, MORTISE_E_INTERNAL, "delivery_fold has no row");
	query_end(&query);
	return result < 0 ? result : 0;
}

static void add_period(struct delivery_table *table, int64_t period)
{
	for (size_t i = 0; i < table->period_len; i++)
		if (table->periods[i] == period)
			return;
	table->periods = xrealloc(table->periods, (table->period_len + 1) * sizeof(int64_t));
	table->periods[table->period_len++] = period;
}

static int read_periods(struct tx *tx, struct delivery_table *table, struct err *err)
{
	int64_t period = INT64_MIN;
	int result = 1;

	table->period_len = 0;
	while (result == 1) {
		struct query query;

		result = query_first(&query, tx, &delivery_sql_next_period, err, "i", period);
		if (result == 1) {
			period = query_int(&query, 0);
			add_period(table, period);
		}
		query_end(&query);
	}
	return result;
}

static int read_recent(struct tx *tx, struct delivery_table *table, int64_t after,
	struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &delivery_sql_recent, err, "i", after);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		table->newest = query_int(&query, 0);
		remember(table, &(struct entry){
			.period = query_int(&query, 3) / DELIVERY_PERIOD_US,
			.mark = delivery_mark(query_text(&query, 1), query_text(&query, 2)),
			.webhook_id = table->newest,
		});
	}
	table->committed = table->newest;
	query_end(&query);
	return result;
}

/* The connection's memory, read at its first use. */
static int open_table(struct tx *tx, struct delivery_table **ret_table, struct err *err)
{
	struct delivery_table *table;
	struct progress progress;
	int result;

	if (tx->deliveries) {
		*ret_table = tx->deliveries;
		return 0;
	}
	result = read_progress(tx, &progress, err);
	if (result < 0)
		return result;
	table = new(struct delivery_table);
	table->step = progress.step;
	result = read_periods(tx, table, err);
	if (result == 0)
		result = read_recent(tx, table, progress.folded_to, err);
	if (result < 0) {
		delivery_table_free(table);
		return result;
	}
	*ret_table = tx->deliveries = table;
	return 0;
}

void delivery_table_free(struct delivery_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < SLICES; i++)
		free(table->slices[i].entries);
	free(table->periods);
	free(table);
}

/* ---- Finding ---- */

/* Is it that webhook's?  1, 0 or an error. */
static int is_delivery(struct tx *tx, int64_t webhook_id, const char *key_owner,
	const char *delivery_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &delivery_sql_is, err, "iss", webhook_id, key_owner,
		delivery_id);

	query_end(&query);
	return result;
}

/* 1 and the webhook, 0 or an error. */
static int find_folded(struct tx *tx, int64_t period, int64_t mark, const char *key_owner,
	const char *delivery_id, int64_t *ret_id, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &delivery_sql_find, err, "ii", period, mark);
	int found = 0;

	while (result >= 0 && found == 0 && (result = query_next(&query)) == 1) {
		*ret_id = query_int(&query, 0);
		found = is_delivery(tx, *ret_id, key_owner, delivery_id, err);
	}
	query_end(&query);
	return result < 0 ? result : found;
}

int delivery_find(struct tx *tx, int64_t mark, const char *key_owner, const char *delivery_id,
	int64_t *ret_id, struct err *err)
{
	struct delivery_table *table;
	const struct slice *slice;
	int result = open_table(tx, &table, err);

	*ret_id = 0;
	if (result < 0)
		return result;
	slice = slice_of(table, mark);
	for (size_t i = 0; result == 0 && i < slice->len; i++)
		if (slice->entries[i].mark == mark) {
			*ret_id = slice->entries[i].webhook_id;
			result = is_delivery(tx, *ret_id, key_owner, delivery_id, err);
		}
	for (size_t i = table->period_len; result == 0 && i > 0; i--)
		result = find_folded(tx, table->periods[i - 1], mark, key_owner, delivery_id,
			ret_id, err);
	if (result == 0)
		*ret_id = 0;
	return result < 0 ? result : 0;
}

/* ---- Folding ---- */

static int compare_entries(const void *left_arg, const void *right_arg)
{
	const struct entry *left = left_arg, *right = right_arg;

	if (left->period != right->period)
		return left->period < right->period ? -1 : 1;
	return (left->mark > right->mark) - (left->mark < right->mark);
}

static int write_slice(struct tx *tx, struct delivery_table *table, struct slice *slice,
	struct err *err)
{
	int result = 0;

	if (slice->len > 0)
		qsort(slice->entries, slice->len, sizeof(*slice->entries), compare_entries);
	for (size_t i = 0; result >= 0 && i < slice->len; i++) {
		const struct entry *entry = &slice->entries[i];

		add_period(table, entry->period);
		result = tx_exec(tx, &delivery_sql_add, err, "iii", entry->period, entry->mark,
			entry->webhook_id);
	}
	slice->folded = slice->len;
	return result < 0 ? result : 0;
}

/* Forget what the last fold wrote, once that is committed. */
static void forget_folded(struct delivery_table *table, int64_t step)
{
	for (; table->step < step; table->step++) {
		struct slice *slice = &table->slices[table->step % SLICES];

		slice->len -= slice->folded;
		if (slice->len > 0)
			memmove(slice->entries, slice->entries + slice->folded,
				slice->len * sizeof(*slice->entries));
		slice->folded = 0;
	}
}

static int fold(struct tx *tx, struct delivery_table *table, int64_t newest_id, struct err *err)
{
	struct progress progress;
	int result = read_progress(tx, &progress, err);

	if (result < 0)
		return result;
	forget_folded(table, progress.step);
	result = write_slice(tx, table, &table->slices[progress.step % SLICES], err);
	if (result == 0 && ++progress.step % SLICES == 0) {
		progress.folded_to = progress.turn_from;
		progress.turn_from = newest_id;
		result = read_periods(tx, table, err);
	}
	if (result == 0)
		result = tx_exec(tx, &delivery_sql_folded, err, "iii", progress.step,
			progress.turn_from, progress.folded_to);
	table->fold_serial = tx->serial;
	table->since_fold = 0;
	return result < 0 ? result : 0;
}

void delivery_rolled_back(struct tx *tx)
{
	struct delivery_table *table = tx->deliveries;

	if (!table || table->serial != tx->serial)
		return;
	for (size_t i = 0; i < SLICES; i++) {
		struct slice *slice = &table->slices[i];
		size_t len = 0;

		for (size_t j = 0; j < slice->len; j++)
			if (slice->entries[j].webhook_id <= table->committed)
				slice->entries[len++] = slice->entries[j];
		slice->len = len;
		slice->folded = 0;
	}
	table->newest = table->committed;
}

int delivery_add(struct tx *tx, const int64_t *mark, int64_t webhook_id, int64_t received_us,
	struct err *err)
{
	struct delivery_table *table;
	int result = open_table(tx, &table, err);

	if (result < 0)
		return result;
	if (table->serial != tx->serial)
		table->committed = table->newest;
	table->serial = tx->serial;
	table->newest = webhook_id;
	if (mark)
		remember(table, &(struct entry){
			.period = received_us / DELIVERY_PERIOD_US,
			.mark = *mark,
			.webhook_id = webhook_id,
		});
	/* At most once in a transaction: what it says of the last fold is committed then. */
	if (++table->since_fold < FOLD_EVERY || table->fold_serial == tx->serial)
		return 0;
	return fold(tx, table, webhook_id, err);
}
