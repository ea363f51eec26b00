/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Code mappings: paths of a project's stack frames that begin with 'stack_root' stand in
 * a repository below 'source_root'.  Inside a transaction; what changes something belongs
 * in a write closure.  Those of a project that is being deleted are not found.
 */
#ifndef MORTISE_STORAGE_CODE_MAPPING_H
#define MORTISE_STORAGE_CODE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct keyset;

/* Of one project. */
#define CODE_MAPPING_MAX 1000

struct code_mapping {
	int64_t id, organization_id, project_id, repository_id, integration_id;
	char *stack_root, *source_root;
	char *branch;              /* or NULL */
	bool generated;            /* found by us, not made by a person */
	int64_t added_at_us, updated_at_us;
	/* Of the rows that it names; read only. */
	char *project_slug, *repository_name;
	char *provider;            /* of the integration; NULL: that is gone */
};

/* E_NOT_FOUND if the organization has none.  Free with code_mapping_clear. */
int code_mapping_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct code_mapping *ret_mapping, struct err *err);
/* 1 if the project has one of this stack root, 0 if not. */
int code_mapping_find(struct tx *tx, int64_t project_id, const char *stack_root,
	struct code_mapping *ret_mapping, struct err *err);
/* All of a project, by id. */
int code_mapping_list_project(struct tx *tx, int64_t project_id, struct code_mapping **ret_list,
	size_t *ret_len, struct err *err);

/* Which of an organization's; by id. */
struct code_mapping_page {
	int64_t organization_id;
	int64_t member_id;         /* of the projects that the member reaches; 0: of all */
	int64_t integration_id;    /* 0: of any */
	const int64_t *project_ids;/* or those of these projects; NULL: of any */
	size_t project_len;
	const struct keyset *place;
};
int code_mapping_list(struct tx *tx, const struct code_mapping_page *page,
	struct code_mapping **ret_list, size_t *ret_len, struct err *err);

/* Adds what is set of ids, roots, branch and 'generated'.  E_CONFLICT if the project has one
 * of this stack root, E_FIELD if it has CODE_MAPPING_MAX. */
int code_mapping_insert(struct tx *tx, const struct code_mapping *mapping, int64_t now_us,
	int64_t *ret_id, struct err *err);
/* The same over a row that is there. */
int code_mapping_update(struct tx *tx, const struct code_mapping *mapping, int64_t now_us,
	struct err *err);
/* 1: it is gone, 0: there was none.  E_CONFLICT while CODEOWNERS use it. */
int code_mapping_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err);
/* Those of a repository, or of an integration in an organization, with the CODEOWNERS that
 * use them. */
int code_mapping_delete_repository(struct tx *tx, int64_t repository_id, struct err *err);
int code_mapping_delete_integration(struct tx *tx, int64_t organization_id,
	int64_t integration_id, struct err *err);

void code_mapping_clear(struct code_mapping *mapping);
#define cleanup_code_mapping __attribute__((__cleanup__(code_mapping_clear)))
void code_mapping_list_free(struct code_mapping *list, size_t len);

#endif
