/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The rules of a project, parsed once and kept until one of the rows changes that they were
 * made of: those of its CODEOWNERS, the oldest file first, then its own, so that the last
 * rule that matches is the one that decides.  Bounded; who was used least goes.  Any thread
 * but the loop.
 */
#ifndef MORTISE_OWNER_CACHE_H
#define MORTISE_OWNER_CACHE_H

#include <stdint.h>

struct err;
struct owner_cache;
struct owner_rules;
struct tx;

struct owner_cache *owner_cache_new(void);
void owner_cache_free(struct owner_cache *cache);

/* As they are now; give them back with owner_cache_unref.  In a read. */
int owner_cache_get(struct owner_cache *cache, struct tx *tx, int64_t project_id,
	const struct owner_rules **ret_rules, struct err *err);
void owner_cache_unref(struct owner_cache *cache, const struct owner_rules *rules);

#endif
