/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Callers are known by a keyed hash, so that nobody can choose an address that shares a
 * place with another caller's.  Each hash may stand in one of a few places of its set.
 */
#include "config.h"
#include "core/access/rate.h"

#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "core/base/mem.h"

#define SET_LEN 4

struct place {
	uint64_t caller;
	int64_t window;        /* that 'count' is of */
	int64_t count;
};

struct rates {
	unsigned char key[crypto_shorthash_KEYBYTES];
	pthread_mutex_t lock;
	struct place places[RATE_PLACES];      /* under lock */
};

struct rates *rates_new(void)
{
	struct rates *rates = new(struct rates);

	crypto_shorthash_keygen(rates->key);
	pthread_mutex_init(&rates->lock, NULL);
	return rates;
}

void rates_free(struct rates *rates)
{
	if (!rates)
		return;
	pthread_mutex_destroy(&rates->lock);
	free(rates);
}

/* The caller's place, or one whose window has ended, or that of who asked least.  Under
 * lock. */
static struct place *place_of(struct rates *rates, uint64_t caller, int64_t window)
{
	struct place *set = &rates->places[caller % (RATE_PLACES / SET_LEN) * SET_LEN];
	struct place *least = &set[0];

	for (size_t i = 0; i < SET_LEN; i++) {
		if (set[i].caller == caller && set[i].window == window)
			return &set[i];
		if (set[i].window != window)
			set[i].count = 0;
		if (set[i].count < least->count)
			least = &set[i];
	}
	*least = (struct place){.caller = caller, .window = window};
	return least;
}

void rates_count(struct rates *rates, const void *who, size_t size, int per_second,
	int64_t now_us, struct rate *ret_rate)
{
	int64_t window = now_us / 1000000 / RATE_WINDOW_S, count;
	int64_t limit = (int64_t)per_second * RATE_WINDOW_S;
	uint64_t caller;

	crypto_shorthash((unsigned char *)&caller, who, size, rates->key);
	pthread_mutex_lock(&rates->lock);
	count = ++place_of(rates, caller, window)->count;
	pthread_mutex_unlock(&rates->lock);
	*ret_rate = (struct rate){
		.limit = limit,
		.remaining = count < limit ? limit - count : 0,
		.reset_s = (window + 1) * RATE_WINDOW_S,
		.exceeded = count > limit,
	};
}
