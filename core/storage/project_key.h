/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What SDKs send events with: the public part of a DSN.  It is no secret, anybody who
 * has the application can read it; a key that is misused is disabled and replaced.
 * Inside a transaction.
 */
#ifndef MORTISE_STORAGE_PROJECT_KEY_H
#define MORTISE_STORAGE_PROJECT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

#define PROJECT_KEY_SIZE 33    /* of its text, with the NUL */

struct project_key {
	int64_t id, project_id;
	char *public_key, *name;
	bool active;
	int64_t added_at_us;
};

/* A new key's text.  Not in a closure, which may run twice. */
void project_key_make(char ret_public_key[static PROJECT_KEY_SIZE]);
int project_key_insert(struct tx *tx, int64_t project_id, const char *public_key,
	const char *name, int64_t now_us, int64_t *ret_id, struct err *err);
/* The key, and whose its project is; E_NOT_FOUND if there is none, or what it belongs to is
 * being deleted. */
int project_key_find(struct tx *tx, const char *public_key, struct project_key *ret_key,
	int64_t *ret_organization_id, struct err *err);
/* The oldest first. */
int project_key_list(struct tx *tx, int64_t project_id, const struct keyset *place,
	struct project_key **ret_list, size_t *ret_len, struct err *err);
/* The key of that project; E_NOT_FOUND if it has no such one. */
int project_key_get(struct tx *tx, int64_t project_id, const char *public_key,
	struct project_key *ret_key, struct err *err);
/* Name and 'active' anew. */
int project_key_update(struct tx *tx, const struct project_key *key, struct err *err);
/* 1: it was there, 0: it was not. */
int project_key_delete(struct tx *tx, int64_t project_id, const char *public_key,
	struct err *err);
/* E_NOT_FOUND if the project has no such key. */
int project_key_disable(struct tx *tx, int64_t project_id, const char *public_key,
	struct err *err);
void project_key_clear(struct project_key *key);
void project_key_list_free(struct project_key *list, size_t len);
#define cleanup_project_key __attribute__((__cleanup__(project_key_clear)))

/* "https://KEY@host/ID": the address of 'public_url' (the daemon's) with the key before it
 * and the project behind it, its path included. */
char *project_key_dsn(const char *public_url, const struct project_key *key);

#endif
