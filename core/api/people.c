/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/people.h"

#include <stdio.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/call.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/audit.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/part.h"
#include "core/storage/project.h"
#include "core/storage/team.h"

/* ---- Closures and their answers ---- */

static int finish(struct api_call *call, struct work *work, int result)
{
	if (result < 0) {
		json_decref(work->json);
		return result;
	}
	call->reply = work->json;
	call->status = work->created ? 201 : 0;
	return 0;
}

int work_read(struct api_call *call, store_fn *fn, struct err *err)
{
	struct work work = {.call = call};

	return finish(call, &work, store_read(call->daemon->store, fn, &work, err));
}

int work_list(struct api_call *call, enum keyset_kind kind, store_fn *fn, struct err *err)
{
	struct work work = {.call = call};
	int result = api_keyset_read(call, kind, &work.place, err);
	bool empty;

	if (result == 0)
		result = store_read(call->daemon->store, fn, &work, err);
	if (result == 0) {
		empty = json_array_size(work.json) == 0;
		api_keyset_answer(call, &work.place, work.len, empty ? NULL : &work.first,
			empty ? NULL : &work.last);
	}
	return finish(call, &work, result);
}

int work_write(struct api_call *call, store_fn *fn, const void *sent, struct err *err)
{
	struct work work = {.call = call, .sent = sent, .now_us = clock_now_us()};

	return finish(call, &work, store_write(call->daemon->store, fn, &work, err));
}

void work_answer(struct work *work, json_t *json_take)
{
	json_decref(work->json);
	work->json = json_take;
}

size_t work_begin_list(struct work *work, size_t len)
{
	work_answer(work, json_array());
	work->len = len;
	return api_keyset_shown(&work->place, len);
}

size_t work_row(const struct work *work, size_t i)
{
	return api_keyset_row(&work->place, work->len, i);
}

static struct cursor_mark mark(char kept[static SLUG_SIZE], int64_t id, const char *slug)
{
	if (slug)
		snprintf(kept, SLUG_SIZE, "%s", slug);
	return (struct cursor_mark){.text = slug ? kept : NULL, .id = id};
}

void work_show(struct work *work, json_t *item_take, int64_t id, const char *slug)
{
	if (json_array_size(work->json) == 0)
		work->first = mark(work->slugs[0], id, slug);
	work->last = mark(work->slugs[1], id, slug);
	json_array_append_new(work->json, item_take);
}

int work_audit(struct tx *tx, const struct work *work, int64_t organization_id,
	const char *event, const char *kind, int64_t id, json_t *data_take, struct err *err)
{
	cleanup_json json_t *data = data_take;

	return audit_insert(tx, &(struct audit_new){
		.organization_id = organization_id,
		.origin = work->call->principal.origin,
		.event = event,
		.kind = kind,
		.id = id,
		.data = data,
		.now_us = work->now_us,
	}, err);
}

/* ---- What a request asks for ---- */

bool people_expands(const struct api_call *call, const char *what)
{
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "expand") == 0 && strcmp(value, what) == 0)
			return true;
	return false;
}

bool people_query_token(const struct api_call *call, const char *token, char *ret_text,
	size_t size)
{
	const char *query = api_query(call, "query", NULL);
	size_t len = strlen(token);

	for (const char *at = query ? strstr(query, token) : NULL; at; at = strstr(at + 1, token))
		if ((at == query || at[-1] == ' ') && at[len] == ':') {
			const char *text = at + len + 1;

			snprintf(ret_text, size, "%.*s", (int)strcspn(text, " "), text);
			return true;
		}
	return false;
}

const char *people_query_text(const struct api_call *call)
{
	const char *query = api_query(call, "query", NULL);

	return query && !strchr(query, ':') ? query : NULL;
}

enum external_filter people_external_filter(const struct api_call *call, const char *token)
{
	char text[8];

	if (!people_query_token(call, token, text, sizeof(text)))
		return EXTERNAL_ANY;
	return strcmp(text, "true") == 0 ? EXTERNAL_SOME :
		strcmp(text, "false") == 0 ? EXTERNAL_NONE : EXTERNAL_ANY;
}

/* ---- What is sent ---- */

int people_read_flag(const struct body *in, const char *name)
{
	const json_t *given = body_member(in, name);

	return given && !json_is_null(given) ? body_bool(in, name, false) : -1;
}

const char *people_slug(const char *sent, const char *name, char ret_derived[static SLUG_SIZE],
	struct err *err)
{
	if (sent)
		return sent;
	slug_make(name, ret_derived);
	if (*ret_derived)
		return ret_derived;
	err_field(err, "slug", "No slug comes of this name: give one.");
	return NULL;
}

void people_change_text(char **text, const char *sent, json_t *data, const char *name)
{
	if (!sent)
		return;
	free(*text);
	*text = xstrdup(sent);
	json_object_set_new(data, name, json_string(sent));
}

int people_slug_taken(struct err *err)
{
	cleanup_err struct err taken = {0};

	if (err->code != MORTISE_E_CONFLICT)
		return err->code;
	err_move(&taken, err);
	return err_field(err, "slug", "%s", err_text(&taken));
}

/* ---- Shapes ---- */

json_t *people_avatar_json(void)
{
	return json_pack("{s:s, s:n}", "avatarType", "letter_avatar", "avatarUuid");
}

json_t *people_account_json(int64_t id, const char *email, const char *name)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "id", api_id_json(id), "email", email,
		"name", name, "username", email, "isActive", 1, "avatar", people_avatar_json());
}

json_t *people_organization_json(const struct api_call *call,
	const struct organization *organization)
{
	const char *url = call->daemon->settings->public_url;
	json_t *json = json_pack("{s:o, s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:[]}", "id",
		api_id_json(organization->id), "slug", organization->slug, "name",
		organization->name, "dateCreated", api_time(organization->added_at_us), "status",
		"id", "active", "name", "active", "avatar", people_avatar_json(), "features");

	json_object_set_new(json, "openMembership", json_boolean(organization->open_membership));
	json_object_set_new(json, "isEarlyAdopter", json_false());
	json_object_set_new(json, "require2FA", json_false());
	json_object_set_new(json, "requireEmailVerification", json_false());
	json_object_set_new(json, "links", json_pack("{s:s, s:s}", "organizationUrl", url,
		"regionUrl", url));
	return json;
}

json_t *people_member_json(const struct member *member)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:o}",
		"id", api_id_json(member->id), "email", member->email, "name", member->name,
		"role", member->role, "orgRole", member->role, "pending", 0, "expired", 0,
		"inviteStatus", "approved", "dateCreated", api_time(member->added_at_us), "user",
		people_account_json(member->account_id, member->email, member->name));
}

int people_member_teams(struct tx *tx, const struct member *member, json_t *json,
	struct err *err)
{
	json_t *slugs = json_array(), *roles = json_array();
	struct team *teams;
	size_t len;
	int result;

	json_object_set_new(json, "teams", slugs);
	json_object_set_new(json, "teamRoles", roles);
	if (team_list(tx, &(struct team_page){.organization_id = member->organization_id,
			.member_id = member->id, .place = &KEYSET_FIRST(PEOPLE_TEAMS_MAX)},
		    &teams, &len, err) < 0)
		return err->code;
	result = 0;
	for (size_t i = 0; i < len && result >= 0; i++) {
		const char *role = TEAM_CONTRIBUTOR;

		result = team_member_role(tx, teams[i].id, member->id, &role, err);
		json_array_append_new(slugs, json_string(teams[i].slug));
		json_array_append_new(roles, json_pack("{s:s, s:s}", "teamSlug", teams[i].slug,
			"role", role));
	}
	team_list_free(teams, len);
	return result < 0 ? result : 0;
}

int people_team_json(struct tx *tx, const struct principal *principal, const struct team *team,
	json_t **ret_json, struct err *err)
{
	const char *role = NULL;
	int result = principal->member_id == 0 ? 0
		: team_member_role(tx, team->id, principal->member_id, &role, err);

	if (result < 0)
		return result;
	*ret_json = json_pack("{s:o, s:s, s:s, s:o, s:I, s:b, s:s?, s:b, s:b, s:o, s:o}",
		"id", api_id_json(team->id), "slug", team->slug, "name", team->name, "dateCreated",
		api_time(team->added_at_us), "memberCount", (json_int_t)team->member_len,
		"isMember", role != NULL, "teamRole", role, "isPending", 0, "hasAccess",
		role != NULL || principal->every_project, "access",
		access_scope_names(principal->scopes), "avatar", people_avatar_json());
	return 0;
}

static int project_teams(struct tx *tx, const struct project *project, json_t *json,
	struct err *err)
{
	struct team *rows;
	size_t len;
	json_t *list;

	if (team_list_project(tx, project->id, &KEYSET_FIRST(PEOPLE_TEAMS_MAX), &rows, &len, err) < 0)
		return err->code;
	list = json_array();
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "id",
			api_id_json(rows[i].id), "slug", rows[i].slug, "name", rows[i].name));
	team_list_free(rows, len);
	json_object_set(json, "team", len > 0 ? json_array_get(list, 0) : json_null());
	json_object_set_new(json, "teams", list);
	return 0;
}

int people_project_json(struct tx *tx, const struct principal *principal,
	const struct project *project, json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = NULL;
	enum part_role role = PART_NONE;
	int64_t first_event_us;
	uint64_t scopes;

	if ((principal->member_id && part_in_project(tx, principal->member_id, project->id, &role,
					     err) < 0) ||
		access_project_scopes(tx, principal, project->id, &scopes, err) < 0 ||
		project_first_event(tx, project->id, &first_event_us, err) < 0)
		return err->code;
	json = json_pack("{s:o, s:s, s:s, s:s?, s:o, s:o, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:[], s:o}",
		"id", api_id_json(project->id), "slug", project->slug, "name", project->name,
		"platform", project->platform, "dateCreated", api_time(project->added_at_us),
		"firstEvent", api_time(first_event_us), "status", "active", "isBookmarked", 0,
		"isInternal", 0, "isPublic", 0, "isMember", role != PART_NONE, "hasAccess",
		role != PART_NONE || principal->every_project, "access",
		access_scope_names(scopes), "features", "avatar", people_avatar_json());
	if (project_teams(tx, project, json, err) < 0)
		return err->code;
	*ret_json = steal(&json);
	return 0;
}
