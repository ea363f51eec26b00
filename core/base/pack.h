/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Bytes at rest: packed with zstd where that makes them smaller, with a dictionary of what
 * their kind has in common where there is one.  The frame names its dictionary.  Any
 * thread.
 */
#ifndef MORTISE_BASE_PACK_H
#define MORTISE_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* As stored: never change a number. */
enum pack_encoding { PACK_PLAIN = 0, PACK_ZSTD = 1 };

/* Shorter ones stay plain. */
#define PACK_FROM 256

/* Ready for use; does not change, is counted, and shared by threads. */
struct pack_dictionary;

struct packed {
	int encoding;          /* enum pack_encoding */
	size_t size;           /* before */
	const void *data;      /* PACK_PLAIN: the caller's own bytes */
	size_t data_size;
	void *owned;           /* or NULL */
	struct pack_dictionary *dictionary; /* that unpacking needs; or NULL */
};

#define cleanup_packed __attribute__((__cleanup__(packed_clear)))

/* With a dictionary, or NULL. */
void pack(const void *data, size_t size, struct pack_dictionary *dictionary_take,
	struct packed *ret_packed);
void packed_clear(struct packed *packed);
/* The id of the dictionary that they were packed with; 0: none. */
int64_t packed_dictionary_id(int encoding, const void *data, size_t data_size);
/* The 'size' bytes again, with a NUL behind them; free it.  E_LIMIT if they are more than
 * 'max', or damaged, or of an encoding that a later version made, or packed with another
 * dictionary. */
int unpack(int encoding, const void *data, size_t data_size, int64_t size, size_t max,
	const struct pack_dictionary *dictionary, char **ret_bytes, struct err *err);

/* ---- Dictionaries ---- */

#define PACK_DICTIONARY_MAX ((size_t)16 << 10)
#define PACK_DICTIONARY_ID_MAX INT64_C(2000000000)

/* Learn one from 'len' samples that stand one behind the other.  Its bytes, or NULL if they
 * have too little in common; free it. */
void *pack_learn(const void *samples, const size_t *sizes, size_t len, size_t *ret_size);
/* What was learned, under the id by which frames name it (from 1).  NULL: it is damaged. */
struct pack_dictionary *pack_dictionary_new(int64_t id, const void *content, size_t size);
int64_t pack_dictionary_id(const struct pack_dictionary *dictionary);
struct pack_dictionary *pack_dictionary_ref(struct pack_dictionary *dictionary);
void pack_dictionary_unref(struct pack_dictionary *dictionary);
/* Does nobody hold it but the caller?  Only sure where nobody else can get it any more. */
bool pack_dictionary_is_last(struct pack_dictionary *dictionary);

#endif
