/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The columns of a repository, for the two files that select them. */
#ifndef MORTISE_STORAGE_REPOSITORY_PRIVATE_H
#define MORTISE_STORAGE_REPOSITORY_PRIVATE_H

#include "core/storage/repository.h"

#define REPOSITORY_COLUMNS                                                            \
	"r.id, r.organization_id, r.provider, r.external_id, r.name, r.url, r.branch, " \
	"r.config, r.languages, r.integration_id, r.status, r.added_at, r.updated_at"

void repository_read_row(struct query *query, struct repository *repository);

#endif
