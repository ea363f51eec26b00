/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Organizations, their projects, teams and members, in Sentry's shapes: read only, but
 * for who is in a team and on which projects a team works.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/actor_json.h"
#include "core/api/cursor.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/external_actor.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/store.h"
#include "core/storage/team.h"

/* One reading of any list here: rows become JSON inside the transaction. */
struct list {
	const struct api_call *call;
	struct api_page page;
	json_t *items;
	bool more;
};

static json_t *avatar_json(void)
{
	return json_pack("{s:s, s:n}", "avatarType", "letter_avatar", "avatarUuid");
}

/* Begin a list anew: a closure may run twice. */
static void list_begin(struct list *list)
{
	json_decref(list->items);
	list->items = json_array();
	list->more = false;
}

/* How many of 'len' rows belong to the page; the one more tells that another follows. */
static size_t list_take(struct list *list, size_t len)
{
	list->more = (int64_t)len > list->page.size;
	return list->more ? (size_t)list->page.size : len;
}

static int list_run(struct api_call *call, store_fn *fn, struct err *err)
{
	struct list list = {.call = call};

	if (api_page_read(call, &list.page, err) < 0)
		return err->code;
	if (store_read(call->daemon->store, fn, &list, err) < 0) {
		json_decref(list.items);
		return err->code;
	}
	api_page_answer(call, &list.page, list.more);
	call->reply = list.items;
	return 0;
}

/* ---- What a listing is asked for ---- */

/* Does the request ask for `expand=WHAT`, maybe among others? */
static bool expands(const struct api_call *call, const char *what)
{
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "expand") == 0 && strcmp(value, what) == 0)
			return true;
	return false;
}

/* The words of `query` that say which rows: `hasExternalUsers:true`. */
static enum external_filter filter_of(const struct api_call *call, const char *token)
{
	const char *query = api_query(call, "query", NULL);
	const char *found = query ? strstr(query, token) : NULL;

	if (!found || strncmp(found + strlen(token), ":", 1) != 0)
		return EXTERNAL_ANY;
	found += strlen(token) + 1;
	return strncmp(found, "true", 4) == 0 ? EXTERNAL_SOME :
		strncmp(found, "false", 5) == 0 ? EXTERNAL_NONE : EXTERNAL_ANY;
}

/* ---- Organizations ---- */

static json_t *organization_json(const struct organization *organization)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:[], s:b, s:b, s:b}", "id",
		api_id_json(organization->id), "slug", organization->slug, "name",
		organization->name, "dateCreated", api_time(organization->added_at_us), "status",
		"id", "active", "name", "active", "avatar", avatar_json(), "features",
		"isEarlyAdopter", 0, "require2FA", 0, "requireEmailVerification", 0);
}

static int organizations_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	const struct principal *principal = &list->call->principal;
	struct organization *rows;
	size_t len, shown;

	list_begin(list);
	if (organization_list(tx, principal->user_id, list->page.offset, list->page.size + 1, &rows,
		    &len, err) < 0)
		return err->code;
	shown = list_take(list, len);
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list->items, organization_json(&rows[i]));
	organization_list_free(rows, len);
	return 0;
}

struct one {
	char name[24];
	const struct project *project;
	json_t *json;
};

static int organization_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_organization struct organization found = {0};

	json_decref(one->json);
	one->json = NULL;
	if (organization_find(tx, one->name, &found, err) < 0)
		return err->code;
	one->json = organization_json(&found);
	return 0;
}

static int organization_read(const struct api_call *call, json_t **ret_json, struct err *err)
{
	struct one one = {0};

	snprintf(one.name, sizeof(one.name), "%" PRId64, call->principal.organization_id);
	if (store_read(call->daemon->store, organization_in, &one, err) < 0) {
		json_decref(one.json);
		return err->code;
	}
	*ret_json = one.json;
	return 0;
}

/* A token belongs to one organization and sees no other, whoever it acts for; so does a
 * session that an organization gave out. */
static int organizations(struct api_call *call, struct err *err)
{
	struct api_page page;
	json_t *one;

	if (call->principal.kind == PRINCIPAL_SESSION && !call->principal.organization_id)
		return list_run(call, organizations_in, err);
	if ((call->principal.scopes & SCOPES_O_GET) == 0)
		return err_refuse(err,
			"You do not have permission to perform this action.");
	if (api_page_read(call, &page, err) < 0 || organization_read(call, &one, err) < 0)
		return err->code;
	call->reply = json_array();
	if (page.number == 0)
		json_array_append(call->reply, one);
	json_decref(one);
	api_page_answer(call, &page, false);
	return 0;
}

static int organization(struct api_call *call, struct err *err)
{
	if (organization_read(call, &call->reply, err) < 0)
		return err->code;
	json_object_set_new(call->reply, "access", access_scope_names(call->principal.scopes));
	return 0;
}

/* ---- Teams ---- */

static json_t *team_json(const struct team *team)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:I, s:o}", "id", api_id_json(team->id), "slug",
		team->slug, "name", team->name, "dateCreated", api_time(team->added_at_us),
		"memberCount", (json_int_t)team->member_len, "avatar", avatar_json());
}

/* What a team is called at the providers. */
static int external_teams(struct tx *tx, const struct team *team, json_t *item, struct err *err)
{
	struct external_actor *rows;
	size_t len;

	if (external_actor_list_team(tx, team->organization_id, team->id, &rows, &len, err) < 0)
		return err->code;
	json_object_set_new(item, "externalTeams", actor_json_list(rows, len));
	return 0;
}

static int teams_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct team *rows;
	size_t len, shown;
	int result = 0;

	list_begin(list);
	if (team_list_page(tx, &(struct team_page){
			.organization_id = list->call->principal.organization_id,
			.external = filter_of(list->call, "hasExternalTeams"),
			.offset = list->page.offset,
			.limit = list->page.size + 1,
		}, &rows, &len, err) < 0)
		return err->code;
	shown = list_take(list, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		json_t *item = team_json(&rows[i]);

		json_array_append_new(list->items, item);
		result = external_teams(tx, &rows[i], item, err);
	}
	team_list_free(rows, len);
	return result;
}

static int teams(struct api_call *call, struct err *err)
{
	return list_run(call, teams_in, err);
}

/* ---- Projects ---- */

#define TEAMS_OF_PROJECT 100

static int project_json(struct tx *tx, const struct project *project, json_t **ret_json,
	struct err *err)
{
	struct team *rows;
	size_t len;
	json_t *list;

	if (team_list(tx, project->organization_id, project->id, 0, TEAMS_OF_PROJECT, &rows, &len,
		    err) < 0)
		return err->code;
	list = json_array();
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "id",
			api_id_json(rows[i].id), "slug", rows[i].slug, "name", rows[i].name));
	team_list_free(rows, len);
	*ret_json = json_pack("{s:o, s:s, s:s, s:s?, s:o, s:s, s:o, s:o}", "id",
		api_id_json(project->id), "slug", project->slug, "name", project->name, "platform",
		project->platform, "dateCreated", api_time(project->added_at_us), "status",
		"active", "teams", list, "avatar", avatar_json());
	return 0;
}

static int projects_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct project *rows;
	size_t len, shown;
	int result = 0;

	list_begin(list);
	if (project_list(tx, list->call->principal.organization_id, list->page.offset,
		    list->page.size + 1, &rows, &len, err) < 0)
		return err->code;
	shown = list_take(list, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		json_t *item;

		result = project_json(tx, &rows[i], &item, err);
		if (result == 0)
			json_array_append_new(list->items, item);
	}
	project_list_free(rows, len);
	return result;
}

static int projects(struct api_call *call, struct err *err)
{
	return list_run(call, projects_in, err);
}

static int project_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;

	json_decref(one->json);
	one->json = NULL;
	return project_json(tx, one->project, &one->json, err);
}

static int project(struct api_call *call, struct err *err)
{
	struct one one = {.project = &call->project};

	if (store_read(call->daemon->store, project_in, &one, err) < 0) {
		json_decref(one.json);
		return err->code;
	}
	call->reply = one.json;
	return 0;
}

/* ---- Members ---- */

static json_t *member_json(const struct member *member)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:{s:o, s:s, s:s, s:s}}",
		"id", api_id_json(member->id), "email", member->email, "name", member->name,
		"role", member->role, "orgRole", member->role, "pending", 0, "expired", 0,
		"inviteStatus", "approved", "dateCreated", api_time(member->added_at_us), "user",
		"id", api_id_json(member->account_id), "email", member->email, "name",
		member->name, "username", member->email);
}

/* A member's accounts at the providers, as external actors are shown everywhere. */
static int external_users(struct tx *tx, const struct member *member, json_t *item, struct err *err)
{
	struct external_actor *rows;
	size_t len;

	if (external_actor_list_account(tx, member->organization_id, member->account_id, &rows, &len,
		    err) < 0)
		return err->code;
	json_object_set_new(item, "externalUsers", actor_json_list(rows, len));
	return 0;
}

static int members_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct member *rows;
	bool with_external = expands(list->call, "externalUsers");
	size_t len, shown;
	int result = 0;

	list_begin(list);
	if (member_list(tx, &(struct member_page){
			.organization_id = list->call->principal.organization_id,
			.external = filter_of(list->call, "hasExternalUsers"),
			.offset = list->page.offset,
			.limit = list->page.size + 1,
		}, &rows, &len, err) < 0)
		return err->code;
	shown = list_take(list, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		json_t *item = member_json(&rows[i]);

		json_array_append_new(list->items, item);
		if (with_external)
			result = external_users(tx, &rows[i], item, err);
	}
	member_list_free(rows, len);
	return result;
}

static int members(struct api_call *call, struct err *err)
{
	return list_run(call, members_in, err);
}

/* ---- Who is in a team, and what it works on ---- */

struct belong {
	const struct api_call *call;
	bool remove, changed;
	json_t *json;
};

static void belong_begin(struct belong *belong)
{
	json_decref(belong->json);
	belong->json = NULL;
}

/* "me" is who asks. */
static int find_member(struct tx *tx, const struct api_call *call, struct member *ret_member,
	struct err *err)
{
	int64_t id;

	if (strcmp(http_param(call->request, "member"), "me") == 0)
		return member_find(tx, call->principal.organization_id, call->principal.user_id,
			ret_member, err);
	if (api_id(call, "member", &id, err) < 0)
		return err->code;
	return member_get(tx, call->principal.organization_id, id, ret_member, err);
}

static int member_team_in(struct tx *tx, void *arg, struct err *err)
{
	struct belong *belong = arg;
	const struct team *team = &belong->call->team;
	cleanup_member struct member member = {0};
	cleanup_team struct team before = {0};
	cleanup_team struct team after = {0};
	int result;

	belong_begin(belong);
	if (find_member(tx, belong->call, &member, err) < 0 ||
		team_find(tx, team->organization_id, team->slug, &before, err) < 0)
		return err->code;
	result = belong->remove ? team_remove_member(tx, team->id, member.id, err)
				: team_add_member(tx, team->id, member.id, err);
	if (result < 0 || team_find(tx, team->organization_id, team->slug, &after, err) < 0)
		return err->code;
	belong->changed = after.member_len != before.member_len;
	belong->json = team_json(&after);
	return 0;
}

static int project_team_in(struct tx *tx, void *arg, struct err *err)
{
	struct belong *belong = arg;
	const struct project *project = &belong->call->project;
	int64_t team_id = belong->call->team.id;
	int result = team_has_project(tx, team_id, project->id, err);

	belong_begin(belong);
	belong->changed = result == belong->remove;
	if (result >= 0)
		result = belong->remove ? team_remove_project(tx, team_id, project->id, err)
					: team_add_project(tx, team_id, project->id, err);
	return result < 0 ? result : project_json(tx, project, &belong->json, err);
}

/* A new pair is 201; one that is there already changes nothing. */
static int belong_run(struct api_call *call, store_fn *fn, bool remove, struct err *err)
{
	struct belong belong = {.call = call, .remove = remove};
	int result = store_write(call->daemon->store, fn, &belong, err);

	if (result < 0) {
		json_decref(belong.json);
		return result;
	}
	call->status = belong.changed && !remove ? 201 : 200;
	call->reply = belong.json;
	return 0;
}

static int member_join(struct api_call *call, struct err *err)
{
	return belong_run(call, member_team_in, false, err);
}

static int member_leave(struct api_call *call, struct err *err)
{
	return belong_run(call, member_team_in, true, err);
}

static int project_add_team(struct api_call *call, struct err *err)
{
	return belong_run(call, project_team_in, false, err);
}

static int project_remove_team(struct api_call *call, struct err *err)
{
	return belong_run(call, project_team_in, true, err);
}

#define MEMBER_TEAM "/api/0/organizations/{org}/members/{member}/teams/{team}/"
#define PROJECT_TEAM "/api/0/projects/{org}/{project}/teams/{team}/"

const struct api_route api_organization_routes[] = {
	{"GET", "/api/0/organizations/", 0, 0, organizations},
	{"GET", "/api/0/organizations/{org}/", SCOPES_O_GET, 0, organization},
	{"GET", "/api/0/organizations/{org}/projects/", SCOPES_O_GET, 0, projects},
	{"GET", "/api/0/projects/{org}/{project}/", SCOPES_P_GET, 0, project},
	{"GET", "/api/0/organizations/{org}/teams/", SCOPES_O_GET, 0, teams},
	{"GET", "/api/0/organizations/{org}/members/", SCOPES_M_GET, 0, members},
	{"POST", MEMBER_TEAM, SCOPES_T_POST, API_ANY_TEAM, member_join},
	{"DELETE", MEMBER_TEAM, SCOPES_T_POST, API_ANY_TEAM, member_leave},
	{"POST", PROJECT_TEAM, SCOPES_P_POST, 0, project_add_team},
	{"DELETE", PROJECT_TEAM, SCOPES_P_POST, 0, project_remove_team},
	{0},
};
