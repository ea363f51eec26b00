/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The commits of a release, and where each repository stood then.  Inside a transaction. */
#ifndef MORTISE_STORAGE_RELEASE_COMMIT_H
#define MORTISE_STORAGE_RELEASE_COMMIT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

#define RELEASE_COMMITS_MAX 1000

/* Replace them; newest first. */
int release_commits_set(struct tx *tx, int64_t release_id, const int64_t *commit_ids, size_t len,
	struct err *err);

struct release_commit {
	int64_t position;          /* among them, from 0 */
	int64_t commit_id, repository_id;
	char *sha, *message, *repository_name;
	char *author_name, *author_email;  /* or NULL */
	int64_t committed_at_us;
};
/* Newest first, which is by position. */
int release_commit_list(struct tx *tx, int64_t release_id, const struct keyset *place,
	struct release_commit **ret_list, size_t *ret_len, struct err *err);
void release_commit_list_free(struct release_commit *list, size_t len);
/* {"name", "email"} of those who made its newest commits, a new array. */
int release_commit_authors(struct tx *tx, int64_t release_id, json_t **ret_authors,
	struct err *err);

/* A file that a commit of the release changed. */
struct release_file {
	char *sha, *message;
	char *author_name, *author_email;  /* or NULL */
	char *path, *change;               /* "A", "M" or "D" */
	int64_t committed_at_us;
};
/* By commit, the newest first, and path. */
int release_file_list(struct tx *tx, int64_t release_id, int64_t offset, int64_t limit,
	struct release_file **ret_list, size_t *ret_len, struct err *err);
void release_file_list_free(struct release_file *list, size_t len);
int release_commit_count(struct tx *tx, int64_t release_id, int64_t *ret_len, struct err *err);
/* The newest release with this commit: 1, or 0 if none has it yet. */
int release_commit_find(struct tx *tx, int64_t commit_id, int64_t *ret_release_id,
	struct err *err);
/* 1: the newest commit or pull request that resolves the issue is in no release yet. */
int release_commit_pending(struct tx *tx, int64_t issue_id, struct err *err);
/* The newest commit that resolves the issue: 1, or 0 if none does. */
int release_commit_resolving(struct tx *tx, int64_t issue_id, int64_t *ret_commit_id,
	struct err *err);

/* Where a repository stood in a release. */
int release_ref_put(struct tx *tx, int64_t release_id, int64_t repository_id, const char *sha,
	struct err *err);
/* Where it stood in the newest release before this one: 1, a new string, or 0. */
int release_ref_previous(struct tx *tx, int64_t release_id, int64_t repository_id,
	char **ret_sha, struct err *err);
/* The stored commits of a repository up to 'to' and after 'after' (0: all), newest first,
 * at most 'max'. */
int release_ref_commits(struct tx *tx, int64_t after_commit_id, int64_t to_commit_id,
	size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err);

#endif
