/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/part.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"

#define PART                                                                             \
	"SELECT o.id, o.open_membership, m.id, m.role FROM organization o "              \
	"LEFT JOIN member m ON m.account_id = $1 AND m.organization_id = o.id "
#define ROLE "SELECT MAX(CASE m.role WHEN 'admin' THEN 2 ELSE 1 END) "

SQL(part_sql_get, PART "WHERE o.id = $2 AND o.status = 0");
SQL(part_sql_find, PART "WHERE o.slug = $2 AND o.status = 0");
SQL(part_sql_project, ROLE "FROM project_team p "
	"JOIN team_member m ON m.team_id = p.team_id AND m.member_id = $1 "
	"JOIN team t ON t.id = p.team_id AND t.status = 0 WHERE p.project_id = $2");
SQL(part_sql_projects, "SELECT DISTINCT p.project_id FROM team_member m "
	"JOIN team t ON t.id = m.team_id AND t.status = 0 "
	"JOIN project_team p ON p.team_id = m.team_id WHERE m.member_id = $1");
SQL(part_sql_team, ROLE "FROM team_member m WHERE m.member_id = $1 AND m.team_id = $2");

int part_find(struct tx *tx, const char *id_or_slug, int64_t account_id, struct part *ret_part,
	struct err *err)
{
	struct query query;
	int64_t id;
	int result;

	if (slug_is_id(id_or_slug, &id))
		result = query_first(&query, tx, &part_sql_get, err, "ii", account_id, id);
	else
		result = query_first(&query, tx, &part_sql_find, err, "is", account_id,
			id_or_slug);
	if (result == 1) {
		const char *role = query_text(&query, 3);

		*ret_part = (struct part){
			.organization_id = query_int(&query, 0),
			.open_membership = query_int(&query, 1) != 0,
			.member_id = query_int(&query, 2),
		};
		snprintf(ret_part->role, sizeof(ret_part->role), "%s", role ? role : "");
	}
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no organization \"%s\"",
			id_or_slug);
	return result < 0 ? result : 0;
}

static int role_take(struct query *query, int result, enum part_role *ret_role)
{
	enum part_role role = result == 1 ? (enum part_role)query_int(query, 0) : PART_NONE;

	query_end(query);
	if (result < 0)
		return result;
	*ret_role = role;
	return 0;
}

int part_in_project(struct tx *tx, int64_t member_id, int64_t project_id,
	enum part_role *ret_role, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &part_sql_project, err, "ii", member_id, project_id);

	return role_take(&query, result, ret_role);
}

int part_projects(struct tx *tx, int64_t member_id, int64_t **ret_ids, size_t *ret_len,
	struct err *err)
{
	int64_t *ids = NULL;
	size_t len = 0;
	struct query query;
	int result = query_begin(&query, tx, &part_sql_projects, err, "i", member_id);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		ids = xrealloc(ids, (len + 1) * sizeof(*ids));
		ids[len++] = query_int(&query, 0);
	}
	query_end(&query);
	if (result < 0) {
		free(ids);
		return result;
	}
	*ret_ids = ids;
	*ret_len = len;
	return 0;
}

int part_in_team(struct tx *tx, int64_t member_id, int64_t team_id, enum part_role *ret_role,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &part_sql_team, err, "ii", member_id, team_id);

	return role_take(&query, result, ret_role);
}
