/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Pull requests by (repository, number).  Inside a transaction. */
#ifndef MORTISE_STORAGE_PULL_REQUEST_H
#define MORTISE_STORAGE_PULL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/commit.h"
#include "core/storage/tx.h"

struct keyset;

struct pull_request {
	int64_t id, organization_id, repository_id;
	char *number;
	char *title, *body;                /* or NULL */
	struct commit_author author;       /* id 0: none */
	char *merge_commit_sha;            /* or NULL */
	int64_t added_at_us, updated_at_us;
};

struct pull_request_put {
	int64_t organization_id, repository_id;
	const char *number, *title, *body, *merge_commit_sha;
	int64_t author_id;         /* 0: none */
	int64_t now_us;
};

/* 1: created or changed; 0: it was so already. */
int pull_request_put(struct tx *tx, const struct pull_request_put *put, struct err *err);
/* 1 if there is one, 0 if not. */
int pull_request_get(struct tx *tx, int64_t id, struct pull_request *ret_pull_request,
	struct err *err);
int pull_request_find(struct tx *tx, int64_t repository_id, const char *number,
	struct pull_request *ret_pull_request, struct err *err);
/* One that this commit merged. */
int pull_request_find_merged(struct tx *tx, int64_t repository_id, const char *merge_commit_sha,
	struct pull_request *ret_pull_request, struct err *err);
/* Newest first by the time they were added. */
int pull_request_list(struct tx *tx, int64_t repository_id, const struct keyset *place,
	struct pull_request **ret_list, size_t *ret_len, struct err *err);
void pull_request_clear(struct pull_request *pull_request);
#define cleanup_pull_request __attribute__((__cleanup__(pull_request_clear)))
void pull_request_list_free(struct pull_request *list, size_t len);

#endif
