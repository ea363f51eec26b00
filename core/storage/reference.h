/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * References to integrations that were handed out to be brought back once.  Only keyed
 * hashes are here.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_REFERENCE_H
#define MORTISE_STORAGE_REFERENCE_H

#include <stdint.h>

#include "core/storage/tx.h"

int reference_insert(struct tx *tx, const char *hash, const char *provider,
	int64_t integration_id, int64_t expires_at_us, struct err *err);
/* Which integration it stands for.  E_NOT_FOUND with words for who brought it: it is
 * unknown, used, expired or another provider's. */
int reference_find(struct tx *tx, const char *hash, const char *provider, int64_t now_us,
	int64_t *ret_integration_id, struct err *err);
/* The same, and use it up: of two that take one, one is refused. */
int reference_take(struct tx *tx, const char *hash, const char *provider, int64_t now_us,
	int64_t *ret_integration_id, struct err *err);
/* Delete up to 'max' that expired before 'before_us', used or not; how many. */
int reference_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err);

#endif
