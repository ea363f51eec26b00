/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens of others that count once, as keyed hashes, for as long as they could be brought
 * again.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_USED_TOKEN_H
#define MORTISE_STORAGE_USED_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct tx;

/* Use it up; of two that try, one is not fresh. */
int used_token_insert(struct tx *tx, const char *hash, int64_t expires_at_us, bool *ret_fresh,
	struct err *err);
int used_token_find(struct tx *tx, const char *hash, bool *ret_used, struct err *err);
/* Delete up to 'max' that have been of no use to anybody for an hour, so that a node whose
 * clock is behind does not take one again; how many. */
int used_token_prune(struct tx *tx, int64_t now_us, int64_t max, struct err *err);

#endif
