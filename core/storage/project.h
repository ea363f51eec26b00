/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Projects of an organization.  One that is being deleted is not found any more (purge.h).
 * Inside a transaction. */
#ifndef MORTISE_STORAGE_PROJECT_H
#define MORTISE_STORAGE_PROJECT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/slug.h"
#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct project {
	int64_t id, organization_id;
	char *slug, *name;
	char *platform;            /* or NULL */
	int64_t added_at_us;
};

/* Enrolled in the data forwarders that want new projects. */
int project_insert(struct tx *tx, int64_t organization_id, const char *slug, const char *name,
	const char *platform, int64_t now_us, int64_t *ret_id, struct err *err);
int project_get(struct tx *tx, int64_t organization_id, int64_t id, struct project *ret_project,
	struct err *err);
/* By id or slug, as URLs name them; E_NOT_FOUND if there is none. */
int project_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct project *ret_project, struct err *err);
/* Name, slug and platform anew; E_FIELD for a slug that cannot be one, E_CONFLICT if it is
 * taken. */
int project_update(struct tx *tx, const struct project *project, struct err *err);
/* Free its slug, for purge_step to remove the rest: 1, or 0 if that has begun. */
int project_begin_deletion(struct tx *tx, int64_t id, struct err *err);
/* A slug that is free: 'wanted', or with a number behind it.  What must be free at the
 * commit too is inserted in the same transaction. */
int project_free_slug(struct tx *tx, int64_t organization_id, const char *wanted,
	char ret_slug[static SLUG_SIZE], struct err *err);
/* When the oldest of its issues was first seen; 0 if it has none. */
int project_first_event(struct tx *tx, int64_t id, int64_t *ret_time_us, struct err *err);

/* All that is set must hold; by slug. */
struct project_page {
	int64_t organization_id;
	int64_t team_id;           /* that the team works on; 0: any */
	int64_t member_id;         /* that a team of the member works on; 0: any */
	const char *query;         /* the name or the slug contains it, in any case; NULL: all */
	const struct keyset *place;
};
int project_list(struct tx *tx, const struct project_page *page,
	struct project **ret_list, size_t *ret_len, struct err *err);
void project_clear(struct project *project);
void project_list_free(struct project *list, size_t len);
#define cleanup_project __attribute__((__cleanup__(project_clear)))

#endif
