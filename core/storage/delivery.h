/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which delivery ids were seen.  Inside a write transaction, on the store's one writer.
 *
 * Delivery ids are random, so an index that takes each one as it comes writes one whole
 * page for each.  Here the newest stay in memory, and are folded into the table in the
 * order of its key, one slice of the key's range at a time, so that a page takes many of
 * them at once.  Nothing is lost with the memory: what is not folded yet is read from
 * the webhooks themselves.
 *
 * The table and the memory hold a digest (a "mark") of each id and only say where to look;
 * what counts is the row of the webhook.  So a mark that is left over, or that two ids
 * share, does no harm.
 */
#ifndef MORTISE_STORAGE_DELIVERY_H
#define MORTISE_STORAGE_DELIVERY_H

#include <stdint.h>

struct delivery_table;
struct err;
struct tx;

/* The length of a period: rows are kept by it, so that old ones go together. */
#define DELIVERY_PERIOD_US (INT64_C(4) * 24 * 3600 * 1000000)

/* The digest of a delivery id. */
int64_t delivery_mark(const char *key_owner, const char *delivery_id);
/* The webhook with this delivery id; '*ret_id' is 0 if there is none (any more). */
int delivery_find(struct tx *tx, int64_t mark, const char *key_owner, const char *delivery_id,
	int64_t *ret_id, struct err *err);
/* Remember a webhook that was just inserted; 'mark' is NULL if it has no delivery id. */
int delivery_add(struct tx *tx, const int64_t *mark, int64_t webhook_id, int64_t received_us,
	struct err *err);
/* The transaction came to nothing: forget what it added. */
void delivery_rolled_back(struct tx *tx);

/* A connection's memory. */
void delivery_table_free(struct delivery_table *table);

#endif
