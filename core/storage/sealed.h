/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * All columns that hold sealed values, for the vault's start check and rotation, and
 * the daemon's own secrets.
 */
#ifndef MORTISE_STORAGE_SEALED_H
#define MORTISE_STORAGE_SEALED_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct err;

/* The columns, by index: "integration.secrets", …; NULL past the last. */
const char *sealed_column(size_t index);

struct sealed_row {
	int64_t id;
	unsigned char uid[16];
	unsigned char *sealed;
	size_t size;
};

/* Up to 'max' rows of a column with an id above 'after', in order; the caller frees each
 * row's 'sealed'. */
int sealed_list(struct tx *tx, size_t column, int64_t after, size_t max,
	struct sealed_row *ret_rows, size_t *ret_len, struct err *err);
/* Replace a value if it is still 'before'; one that changed meanwhile is left alone. */
int sealed_replace(struct tx *tx, size_t column, int64_t id, const struct blob *before,
	const struct blob *after, struct err *err);

/* A master key that values of a column are wrapped with. */
struct sealed_key {
	uint32_t id;
	size_t column;
	int64_t first;             /* the first row with such a value */
};

int sealed_list_keys(struct tx *tx, size_t column, struct sealed_key *ret_keys, size_t max,
	size_t *ret_len, struct err *err);

/* A secret of the daemon itself; insert does nothing when the name is taken. */
int daemon_secret_insert(struct tx *tx, const char *name, const unsigned char uid[16],
	const struct blob *sealed, struct err *err);
int daemon_secret_get(struct tx *tx, const char *name, struct sealed_row *ret_row,
	struct err *err);

#endif
