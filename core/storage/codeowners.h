/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * CODEOWNERS files of projects, one for a code mapping.  Inside a transaction; what changes
 * something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_CODEOWNERS_H
#define MORTISE_STORAGE_CODEOWNERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

#define CODEOWNERS_MAX 20      /* of one project */

struct codeowners {
	int64_t id, project_id, code_mapping_id;
	char *raw;
	int64_t added_at_us, updated_at_us;
};

/* E_NOT_FOUND if the project has none.  Free with codeowners_clear. */
int codeowners_get(struct tx *tx, int64_t project_id, int64_t id,
	struct codeowners *ret_codeowners, struct err *err);
/* All of a project, by id; they are at most CODEOWNERS_MAX. */
int codeowners_list(struct tx *tx, int64_t project_id, struct codeowners **ret_list,
	size_t *ret_len, struct err *err);
/* E_CONFLICT if the mapping has one, E_LIMIT if the project has CODEOWNERS_MAX. */
int codeowners_insert(struct tx *tx, int64_t project_id, int64_t code_mapping_id,
	const char *raw, int64_t now_us, int64_t *ret_id, struct err *err);
/* E_CONFLICT if the mapping has another one. */
int codeowners_update(struct tx *tx, int64_t id, int64_t code_mapping_id, const char *raw,
	int64_t now_us, struct err *err);
/* 1: it is gone, 0: there was none. */
int codeowners_delete(struct tx *tx, int64_t project_id, int64_t id, struct err *err);

/* Does a CODEOWNERS file hang on this code mapping?  1 or 0. */
int codeowners_uses_mapping(struct tx *tx, int64_t code_mapping_id, struct err *err);
/* Does the repository have mappings with files that are kept in step with it?  1 or 0. */
int codeowners_follows(struct tx *tx, int64_t repository_id, struct err *err);
/* Which mappings those are, after this one, by id: at most 'max'. */
int codeowners_following(struct tx *tx, int64_t repository_id, int64_t after, size_t max,
	int64_t *ret_mapping_ids, size_t *ret_len, struct err *err);
/* Which projects of an organization have files, after this one, by id: at most 'max'. */
int codeowners_projects(struct tx *tx, int64_t organization_id, int64_t after, size_t max,
	int64_t *ret_project_ids, size_t *ret_len, struct err *err);
/* The file of a mapping: 1, or 0 if it has none. */
int codeowners_find(struct tx *tx, int64_t code_mapping_id, struct codeowners *ret_codeowners,
	struct err *err);

void codeowners_clear(struct codeowners *codeowners);
#define cleanup_codeowners __attribute__((__cleanup__(codeowners_clear)))
void codeowners_list_free(struct codeowners *list, size_t len);

#endif
