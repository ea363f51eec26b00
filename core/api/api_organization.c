/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Organizations: list, make, show, change and delete, in Sentry's shapes.
 *
 * A token, and a session that an organization gave out, belong to one organization and see
 * no other.  So only a person whose session is bound to none may make an organization, and
 * owns it then; for everybody else the operator does (`mortisectl org create`).
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/deletion.h"
#include "core/api/people.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/ingest/ingest.h"
#include "core/job/job.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/team.h"
#include "core/webhook/webhook.h"

/* ---- Showing ---- */

static int find(struct tx *tx, const struct api_call *call,
	struct organization *ret_organization, struct err *err)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, call->principal.organization_id);
	return organization_find(tx, id, ret_organization, err);
}

/* What each role may do, for forms in which one is chosen. */
static json_t *role_list(void)
{
	static const char *const roles[][2] = {{"member", "Member"}, {"admin", "Admin"},
		{"manager", "Manager"}, {"owner", "Owner"}};
	json_t *list = json_array();

	for (size_t i = 0; i < lengthof(roles); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", roles[i][0], "name",
			roles[i][1], "scopes", access_scope_names(access_role_scopes(roles[i][0]))));
	return list;
}

static json_t *detail_json(const struct api_call *call, const struct organization *organization,
	uint64_t scopes)
{
	json_t *json = people_organization_json(call, organization);

	json_object_set_new(json, "access", access_scope_names(scopes));
	json_object_set_new(json, "defaultRole", json_string("member"));
	json_object_set_new(json, "orgRoleList", role_list());
	json_object_set_new(json, "teamRoleList", json_pack("[{s:s, s:s}, {s:s, s:s}]", "id",
		TEAM_CONTRIBUTOR, "name", "Contributor", "id", TEAM_ADMIN, "name", "Team Admin"));
	return json;
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_organization struct organization found = {0};

	if (find(tx, work->call, &found, err) < 0)
		return err->code;
	work_answer(work, detail_json(work->call, &found, work->call->principal.scopes));
	return 0;
}

static int show(struct api_call *call, struct err *err)
{
	return work_read(call, show_in, err);
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct organization *rows;
	size_t len, shown;

	if (organization_list(tx, work->call->principal.user_id, &work->place, &rows, &len,
		    err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown; i++) {
		const struct organization *row = &rows[work_row(work, i)];

		work_show(work, people_organization_json(work->call, row), row->id, row->slug);
	}
	organization_list_free(rows, len);
	return 0;
}

static int only_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_organization struct organization found = {0};

	work_begin_list(work, 0);
	if (find(tx, work->call, &found, err) < 0)
		return err->code;
	if (strcmp(work->place.text, found.slug) * (work->place.back ? -1 : 1) < 0)
		work_show(work, people_organization_json(work->call, &found), found.id, found.slug);
	return 0;
}

static int list(struct api_call *call, struct err *err)
{
	if (call->principal.kind == PRINCIPAL_SESSION && !call->principal.organization_id)
		return work_list(call, KEYSET_TEXT, list_in, err);
	if ((call->principal.scopes & SCOPES_O_GET) == 0)
		return err_refuse(err, "You do not have permission to perform this action.");
	return work_list(call, KEYSET_TEXT, only_in, err);
}

/* ---- Making ---- */

struct sent {
	const char *name, *slug;   /* NULL: not sent */
	bool with_team;
	int open_membership;       /* 0 or 1; -1: not sent */
};

static int make_team(struct tx *tx, const struct work *work,
	const struct organization *organization, int64_t member_id, struct err *err)
{
	int64_t team_id;

	if (team_insert(tx, organization->id, organization->slug, organization->name, work->now_us,
		    &team_id, err) < 0 ||
		team_add_member(tx, team_id, member_id, err) < 0 ||
		team_set_member_role(tx, team_id, member_id, TEAM_ADMIN, err) < 0)
		return err->code;
	return work_audit(tx, work, organization->id, "team.create", "team", team_id, NULL, err);
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	cleanup_organization struct organization made = {0};
	int64_t id, member_id;
	char text[24];

	if (organization_insert(tx, sent->slug, sent->name, work->now_us, &id, err) < 0)
		return people_slug_taken(err);
	if (member_insert(tx, id, work->call->principal.user_id, "owner", work->now_us, &member_id,
		    err) < 0)
		return err->code;
	snprintf(text, sizeof(text), "%" PRId64, id);
	if (organization_find(tx, text, &made, err) < 0 ||
		work_audit(tx, work, id, "org.create", "organization", id, NULL, err) < 0 ||
		(sent->with_team && make_team(tx, work, &made, member_id, err) < 0))
		return err->code;
	work->created = true;
	work_answer(work, detail_json(work->call, &made, access_role_scopes("owner")));
	return 0;
}

static int create(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	char derived[SLUG_SIZE];
	struct sent sent;

	if (call->principal.kind != PRINCIPAL_SESSION || call->principal.organization_id)
		return err_refuse(err, "Credentials that belong to one organization make no "
			"other: sign in by a link of the operator, or ask the operator for "
			"`mortisectl org create`.");
	sent = (struct sent){
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, BODY_REQUIRED),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
		.with_team = body_bool(&in, "defaultTeam", false),
	};
	if (err->code < 0)
		return err->code;
	sent.slug = people_slug(sent.slug, sent.name, derived, err);
	return sent.slug ? work_write(call, create_in, &sent, err) : err->code;
}

/* ---- Changing ---- */

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	cleanup_organization struct organization row = {0};
	cleanup_json json_t *data = json_object();

	if (find(tx, work->call, &row, err) < 0)
		return err->code;
	people_change_text(&row.name, sent->name, data, "name");
	people_change_text(&row.slug, sent->slug, data, "slug");
	if (sent->open_membership >= 0) {
		row.open_membership = sent->open_membership == 1;
		json_object_set_new(data, "openMembership", json_boolean(row.open_membership));
	}
	if (organization_update(tx, &row, err) < 0)
		return people_slug_taken(err);
	work_answer(work, detail_json(work->call, &row, work->call->principal.scopes));
	return work_audit(tx, work, row.id, "org.edit", "organization", row.id,
		steal(&data), err);
}

static int update(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
		.open_membership = people_read_flag(&in, "openMembership"),
	};

	return err->code < 0 ? err->code : work_write(call, update_in, &sent, err);
}

/* ---- Deleting ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_organization struct organization row = {0};
	json_t *json;

	if (find(tx, work->call, &row, err) < 0 ||
		organization_begin_deletion(tx, row.id, err) < 0 ||
		work_audit(tx, work, row.id, "org.remove", "organization", row.id, NULL, err) < 0 ||
		deletion_queue(tx, PURGE_ORGANIZATION, row.id, work->call->principal.origin,
			work->now_us, err) < 0)
		return err->code;
	json = people_organization_json(work->call, &row);
	json_object_set_new(json, "status", json_pack("{s:s, s:s}", "id", "pending_deletion",
		"name", "pending deletion"));
	work_answer(work, json);
	return 0;
}

static int delete(struct api_call *call, struct err *err)
{
	int result = work_write(call, delete_in, NULL, err);

	if (result == 0) {
		ingest_forget_keys(call->daemon->ingest);
		webhooks_forget_all(call->daemon->webhooks);
		jobs_wake(call->daemon->jobs);
		call->status = 202;
	}
	return result;
}

#define ORGANIZATIONS "/api/0/organizations/"

const struct api_route api_organization_routes[] = {
	{"GET", ORGANIZATIONS, 0, 0, list},
	{"POST", ORGANIZATIONS, 0, API_BODY, create},
	{"GET", ORGANIZATIONS "{org}/", SCOPES_O_GET, 0, show},
	{"PUT", ORGANIZATIONS "{org}/", SCOPES_O_POST, API_BODY, update},
	{"DELETE", ORGANIZATIONS "{org}/", SCOPES_O_DELETE, 0, delete},
	{0},
};
