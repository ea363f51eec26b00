/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * API tokens: only the keyed hash (vault_token_hash) of each is here.  Inside a
 * transaction.
 */
#ifndef MORTISE_STORAGE_API_TOKEN_H
#define MORTISE_STORAGE_API_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct api_token {
	int64_t id, organization_id;
	int64_t account_id;        /* 0: the organization's own */
	char *name;
	char *last_characters;     /* shown, so that people know which one it is */
	uint64_t scopes;
	int64_t added_at_us;
	int64_t expires_at_us;     /* 0: never */
	int64_t revoked_at_us;     /* 0: it stands */
	int64_t used_at_us;        /* about, 0: never */
};

struct api_token_new {
	const char *hash;
	int64_t organization_id;
	int64_t account_id;        /* 0: the organization's own */
	const char *name;
	const char *last_characters;
	uint64_t scopes;
	int64_t now_us;
	int64_t expires_at_us;     /* 0: never */
};

int api_token_insert(struct tx *tx, const struct api_token_new *token, int64_t *ret_id,
	struct err *err);
/* Whatever their state; E_NOT_FOUND if there is none. */
int api_token_find(struct tx *tx, const char *hash, struct api_token *ret_token, struct err *err);
int api_token_get(struct tx *tx, int64_t id, struct api_token *ret_token, struct err *err);
/* 1: revoked now; 0: no such token, or revoked before. */
int api_token_revoke(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
int api_token_rename(struct tx *tx, int64_t id, const char *name, struct err *err);
int api_token_touch(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Of one organization, or of all with 0; by id. */
int api_token_list(struct tx *tx, int64_t organization_id, int64_t limit,
	struct api_token **ret_list, size_t *ret_len, struct err *err);
/* Those that are not revoked, by id: of an account, or with 'account_id' 0 the own ones of
 * an organization. */
int api_token_list_standing(struct tx *tx, int64_t organization_id, int64_t account_id,
	const struct keyset *place, struct api_token **ret_list, size_t *ret_len,
	struct err *err);
/* Delete up to 'max' that were revoked or expired before 'before_us'; how many. */
int api_token_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err);
void api_token_clear(struct api_token *token);
void api_token_list_free(struct api_token *list, size_t len);
#define cleanup_api_token __attribute__((__cleanup__(api_token_clear)))

#endif
