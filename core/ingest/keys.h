/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Project keys in use: whose they are, and how much each may send.  Any thread but the
 * loop, since a key that was not seen before is read from the store.
 */
#ifndef MORTISE_INGEST_KEYS_H
#define MORTISE_INGEST_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct keys;
struct store;

/* Events of one key that may wait for the disk at a time: no project takes all of the
 * store's queue. */
#define KEYS_IN_FLIGHT 1024

/* What does not change while a key is known. */
struct key_owner {
	int64_t project_id, organization_id;
	bool active;
};

/* 'per_minute' events of each key; 0: any number. */
struct keys *keys_new(struct store *store, int per_minute);
void keys_free(struct keys *keys);
/* Read each anew. */
void keys_forget(struct keys *keys);
/* E_NOT_FOUND if no project has this key. */
int keys_find(struct keys *keys, const char *public_key, struct key_owner *ret_owner,
	struct err *err);

enum keys_verdict { KEYS_TAKEN, KEYS_LIMITED, KEYS_BUSY };
/* Count an event of a key that was found.  KEYS_TAKEN: keys_give_back when it has ended;
 * KEYS_LIMITED: too many this minute, '*ret_wait_s' to wait; KEYS_BUSY: too many now. */
enum keys_verdict keys_take(struct keys *keys, const char *public_key, int64_t mono_ms,
	int *ret_wait_s);
void keys_give_back(struct keys *keys, const char *public_key);

#endif
