/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Dictionaries: what bodies of one kind have in common, so that of each only the rest is
 * stored.  core/job/learn.c learns them from stored bodies.
 *
 * A dictionary is current from when its row is on disk until another one takes its place.
 * Then it rests, until nothing that was packed with it is on its way to the store any more.
 * Then its row notes the newest row that may need it, and it goes when that has gone.
 */
#ifndef MORTISE_STORAGE_DICTIONARY_H
#define MORTISE_STORAGE_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct pack_dictionary;
struct tx;

/* As stored: never change a number. */
enum dictionary_source { DICTIONARY_WEBHOOKS = 0, DICTIONARY_EVENTS = 1 };

struct dictionary_kind {
	enum dictionary_source source;
	const char *name;          /* of webhooks: the provider; else "" */
};

/* A body as it is stored. */
struct dictionary_body {
	int encoding;              /* enum pack_encoding */
	int64_t size;              /* as it came */
	const void *data;
	size_t data_size;
};

/* ---- Those of a store, in memory; any thread ---- */

struct dictionaries;

struct dictionaries *dictionaries_new(void);
void dictionaries_free(struct dictionaries *dictionaries);
/* Those of the store, before anything is packed. */
int dictionaries_load(struct dictionaries *dictionaries, struct tx *tx, struct err *err);
/* What a new body is packed with; hold it until that is stored, or is not.  NULL: there is
 * none (yet); then '*ret_due', which may be NULL, says now and then that there are enough
 * bodies to learn from. */
struct pack_dictionary *dictionaries_current(struct dictionaries *dictionaries,
	const struct dictionary_kind *kind, bool *ret_due);
/* The kinds that were seen; their names stay as long as 'dictionaries'. */
size_t dictionaries_kinds(struct dictionaries *dictionaries, size_t max,
	struct dictionary_kind *ret_kinds);
/* When the current one was made, in microseconds since 1970.  0: there is none. */
int64_t dictionaries_made(struct dictionaries *dictionaries, const struct dictionary_kind *kind);
/* From now on 'dictionary', whose row is on disk, is the current one; NULL: none is. */
void dictionaries_put(struct dictionaries *dictionaries, const struct dictionary_kind *kind,
	struct pack_dictionary *dictionary_take, int64_t made_us);
/* Those that rest, and that nothing on its way to the store needs: their ids. */
size_t dictionaries_rested(struct dictionaries *dictionaries, size_t max, int64_t *ret_ids);
/* Its row has been told. */
void dictionaries_forget(struct dictionaries *dictionaries, int64_t id);

/* ---- Inside a transaction ---- */

/* As unpack(), with the dictionary that it takes. */
int dictionary_unpack(struct tx *tx, const struct dictionary_body *body, size_t max,
	char **ret_bytes, struct err *err);
int dictionary_add(struct tx *tx, const struct dictionary_kind *kind, const void *content,
	size_t size, int64_t made_us, int64_t *ret_id, struct err *err);
/* One has rested: note the newest row that may need it. */
int dictionary_end(struct tx *tx, int64_t id, struct err *err);
/* Delete up to 'limit' that no row needs any more; the number, or negative. */
int dictionary_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err);

#define DICTIONARY_SAMPLES_MAX 512

/* Bodies as they came, the newest first, one behind the other; long ones are cut. */
struct dictionary_samples {
	char *bytes;
	size_t size, len;
	size_t sizes[DICTIONARY_SAMPLES_MAX];
};

/* Take some of what is stored of a kind, most of them new.  Free with
 * dictionary_samples_clear, on failure too. */
int dictionary_sample(struct tx *tx, const struct dictionary_kind *kind,
	struct dictionary_samples *ret_samples, struct err *err);
void dictionary_samples_clear(struct dictionary_samples *samples);

#endif
