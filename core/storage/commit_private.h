/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The columns of an author, for the files that select them. */
#ifndef MORTISE_STORAGE_COMMIT_PRIVATE_H
#define MORTISE_STORAGE_COMMIT_PRIVATE_H

#include "core/storage/commit.h"

/* Of commit_author as "a". */
#define AUTHOR_COLUMNS "a.id, a.organization_id, a.email, a.name, a.external_id"

/* They begin at 'column'.  A row without an author gives id 0 and no texts. */
struct commit_author commit_author_read(struct query *query, int column);

#endif
