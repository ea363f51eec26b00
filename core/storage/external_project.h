/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The status map of a link: what resolved and unresolved are called in each external
 * project (a board, a repository) of its tracker.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_EXTERNAL_PROJECT_H
#define MORTISE_STORAGE_EXTERNAL_PROJECT_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

#define EXTERNAL_PROJECTS_MAX 1000

struct external_project {
	char *external_id, *name;
	char *resolved, *unresolved;
};

/* E_NOT_FOUND if the map has no such project.  Free with external_project_clear. */
int external_project_find(struct tx *tx, int64_t link_id, const char *external_id,
	struct external_project *ret_project, struct err *err);
/* All of a link by external id, at most EXTERNAL_PROJECTS_MAX.  Free with
 * external_project_list_free. */
int external_project_list(struct tx *tx, int64_t link_id, struct external_project **ret_list,
	size_t *ret_len, struct err *err);
/* Forget the whole map, and add a row of the new one. */
int external_project_clear_map(struct tx *tx, int64_t link_id, struct err *err);
int external_project_insert(struct tx *tx, int64_t link_id, const struct external_project *project,
	int64_t now_us, struct err *err);
void external_project_clear(struct external_project *project);
void external_project_list_free(struct external_project *list, size_t len);
#define cleanup_external_project __attribute__((__cleanup__(external_project_clear)))

#endif
