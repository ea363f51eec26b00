/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Commits, their files and their authors.  Inside a transaction; what changes
 * something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_COMMIT_H
#define MORTISE_STORAGE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

struct keyset;

#define COMMIT_AUTHOR_NAME_MAX 128     /* characters; a longer name is cut */
#define COMMIT_AUTHOR_EMAIL_MAX 75     /* characters; a longer address is no author */
#define COMMIT_AUTHOR_LOCAL_MAX 65     /* of what is no address, before "@localhost" */

struct commit_author {
	int64_t id, organization_id;
	char *email;
	char *name;                /* or NULL */
	char *external_id;         /* or NULL */
};

/* An author as an upstream names him. */
struct commit_author_put {
	int64_t organization_id;
	const char *email;
	const char *name;          /* or NULL */
	const char *external_id;   /* or NULL */
	/* The address is not the person's own (hidden by the upstream, or made up): an author
	 * known by this external id goes first, and the row does not get the external id. */
	bool anonymous;
	bool rename;               /* the name of an author that exists changes too */
};

/* Get or create; '*ret_id' is 0 if the address is too long or empty: then there is no author. */
int commit_author_put(struct tx *tx, const struct commit_author_put *put, int64_t *ret_id,
	struct err *err);
/* 1 if the organization knows one by this external id, 0 if not. */
int commit_author_find(struct tx *tx, int64_t organization_id, const char *external_id,
	struct commit_author *ret_author, struct err *err);
void commit_author_clear(struct commit_author *author);

struct commit {
	int64_t id, organization_id, repository_id;
	char *sha, *message;
	struct commit_author author;       /* id 0: none */
	int64_t committed_at_us, added_at_us;
};

struct commit_new {
	int64_t organization_id, repository_id;
	const char *sha, *message;
	int64_t author_id;         /* 0: none */
	int64_t committed_at_us, now_us;
};

/* 1 if the repository has this commit, 0 if not. */
int commit_exists(struct tx *tx, int64_t repository_id, const char *sha, struct err *err);
/* 1 if there is one, 0 if not. */
int commit_get(struct tx *tx, int64_t id, struct commit *ret_commit, struct err *err);
int commit_find(struct tx *tx, int64_t repository_id, const char *sha, struct commit *ret_commit,
	struct err *err);
/* The same, by the beginning of a hash, too: seven digits or more that fit only one. */
int commit_find_short(struct tx *tx, int64_t repository_id, const char *sha,
	struct commit *ret_commit, struct err *err);
/* 1: inserted; 0: it is known already and stays as it is. */
int commit_insert(struct tx *tx, const struct commit_new *commit, int64_t *ret_id,
	struct err *err);
/* 'change' is "A", "M" or "D"; twice is once. */
int commit_file_insert(struct tx *tx, int64_t commit_id, const char *change, const char *path,
	struct err *err);
/* Newest first by the time they were added. */
int commit_list(struct tx *tx, int64_t repository_id, const struct keyset *place,
	struct commit **ret_list, size_t *ret_len, struct err *err);
/* [["M", path], …] by path, as a new array. */
int commit_files(struct tx *tx, int64_t commit_id, json_t **ret_files, struct err *err);
void commit_clear(struct commit *commit);
#define cleanup_commit __attribute__((__cleanup__(commit_clear)))
void commit_list_free(struct commit *list, size_t len);

#endif
