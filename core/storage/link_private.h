/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The columns of a link, for statements that join it. */
#ifndef MORTISE_STORAGE_LINK_PRIVATE_H
#define MORTISE_STORAGE_LINK_PRIVATE_H

#include "core/storage/link.h"

#define LINK_COLUMNS                                                               \
	"l.id, l.organization_id, l.integration_id, l.config, l.uid, l.secrets, "  \
	"l.default_identity_id, l.status, l.grace_period_end, l.added_at, l.updated_at"

/* Read LINK_COLUMNS, which start at 'column'. */
void link_read_row(struct query *query, int column, struct link *link);

#endif
