/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Projects of an organization.  Inside a transaction. */
#ifndef MORTISE_STORAGE_PROJECT_H
#define MORTISE_STORAGE_PROJECT_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct project {
	int64_t id, organization_id;
	char *slug, *name;
	char *platform;            /* or NULL */
	int64_t added_at_us;
};

int project_insert(struct tx *tx, int64_t organization_id, const char *slug, const char *name,
	const char *platform, int64_t now_us, int64_t *ret_id, struct err *err);
int project_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct project *ret_project, struct err *err);
/* By slug. */
int project_list(struct tx *tx, int64_t organization_id, int64_t offset, int64_t limit,
	struct project **ret_list, size_t *ret_len, struct err *err);
void project_clear(struct project *project);
void project_list_free(struct project *list, size_t len);
#define cleanup_project __attribute__((__cleanup__(project_clear)))

#endif
