/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Answers that may be given again: a bounded table in memory, least recently used out
 * first.  A key holds who asks, so nothing crosses from one integration to another.
 * Any thread.
 */
#ifndef MORTISE_UPSTREAM_CACHE_H
#define MORTISE_UPSTREAM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/upstream/upstream.h"

#define CACHE_KEY_SIZE 32

struct cache;

struct cache *cache_new(size_t max_size);
void cache_free(struct cache *cache);
/* A copy of the answer under 'key', if it is not older than its life. */
bool cache_get(struct cache *cache, const unsigned char key[CACHE_KEY_SIZE],
	struct upstream_answer *ret_answer);
/* Keep a copy for 'life_ms'; one that is too large is left out. */
void cache_put(struct cache *cache, const unsigned char key[CACHE_KEY_SIZE],
	const struct upstream_answer *answer, int64_t life_ms);

#endif
