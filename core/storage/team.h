/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Teams: members and the projects they work on.  One that is being deleted is not found
 * any more (purge.h).  Inside a transaction. */
#ifndef MORTISE_STORAGE_TEAM_H
#define MORTISE_STORAGE_TEAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/external_actor.h"
#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct team {
	int64_t id, organization_id;
	char *slug, *name;
	int64_t added_at_us;
	int64_t member_len;
};

/* What a member is in a team. */
#define TEAM_CONTRIBUTOR "contributor"
#define TEAM_ADMIN "admin"

int team_insert(struct tx *tx, int64_t organization_id, const char *slug, const char *name,
	int64_t now_us, int64_t *ret_id, struct err *err);
int team_get(struct tx *tx, int64_t organization_id, int64_t id, struct team *ret_team,
	struct err *err);
/* By id or slug, as URLs name them; E_NOT_FOUND if there is none. */
int team_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct team *ret_team, struct err *err);
/* Name and slug anew; E_FIELD for a slug that cannot be one, E_CONFLICT if it is taken. */
int team_update(struct tx *tx, const struct team *team, struct err *err);
/* Free its slug, for purge_step to remove the rest: 1, or 0 if that has begun. */
int team_begin_deletion(struct tx *tx, int64_t id, struct err *err);
/* Those of a project, by slug. */
int team_list_project(struct tx *tx, int64_t project_id, const struct keyset *place,
	struct team **ret_list, size_t *ret_len, struct err *err);
/* All that is set must hold; by slug. */
struct team_page {
	int64_t organization_id;
	int64_t member_id;         /* that the member is in; 0: any */
	enum external_filter external;
	const char *query;         /* the name or the slug contains it, in any case; NULL: all */
	const struct keyset *place;
};
int team_list(struct tx *tx, const struct team_page *page, struct team **ret_list,
	size_t *ret_len, struct err *err);
/* Both must be of the team's organization; E_NOT_FOUND if not.  Adding twice is fine. */
int team_add_member(struct tx *tx, int64_t team_id, int64_t member_id, struct err *err);
int team_add_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err);
/* 1: it was one, 0: it was not. */
int team_remove_member(struct tx *tx, int64_t team_id, int64_t member_id, struct err *err);
int team_remove_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err);
/* 1 if the member is in the team, 0 if not; '*ret_role' is a constant, TEAM_. */
int team_member_role(struct tx *tx, int64_t team_id, int64_t member_id, const char **ret_role,
	struct err *err);
/* 1: it was another, 0: it is not in the team, or was that already. */
int team_set_member_role(struct tx *tx, int64_t team_id, int64_t member_id, const char *role,
	struct err *err);
/* 1 if the team is on the project, 0 if not. */
int team_has_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err);
void team_clear(struct team *team);
#define cleanup_team __attribute__((__cleanup__(team_clear)))
void team_list_free(struct team *list, size_t len);

#endif
