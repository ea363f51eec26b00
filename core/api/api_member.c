/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Members of an organization, in Sentry's shapes.
 *
 * There are no invitations: who is added is a member at once, and signs in by a link.  The
 * roles that somebody may give, and take, are those that do not go beyond the request: an
 * owner needs org:admin, a manager org:write.  Nobody changes the own role.  A member may
 * leave without any scope to remove others; the only owner may not.
 *
 * As at Sentry, a member joins teams without team:write while membership is open, and
 * leaves the own ones at any time.
 */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/actor_json.h"
#include "core/api/body.h"
#include "core/api/people.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/external_actor.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/team.h"

#define EMAIL_LEN_MAX 254
#define PROJECTS_SHOWN 100

/* ---- Roles ---- */

static const char *const role_names[] = {"member", "admin", "manager", "owner", NULL};
static const char *const team_role_names[] = {TEAM_CONTRIBUTOR, TEAM_ADMIN, NULL};

static int role_allowed(const struct principal *principal, const char *role, struct err *err)
{
	uint64_t needed = strcmp(role, "owner") == 0 ? SCOPE_ORG_ADMIN :
		strcmp(role, "manager") == 0 ? SCOPE_ORG_WRITE | SCOPE_ORG_ADMIN : 0;

	if (needed && !(principal->scopes & needed))
		return err_refuse(err, "You may not give or take the role \"%s\": that needs %s.",
			role, needed == SCOPE_ORG_ADMIN ? "org:admin" : "org:write");
	return 0;
}

/* ---- Showing ---- */

/* "me" is who asks. */
static int find(struct tx *tx, const struct api_call *call, struct member *ret_member,
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

/* The accounts at the providers, as external actors are shown everywhere. */
static int external_users(struct tx *tx, const struct member *member, json_t *item,
	struct err *err)
{
	struct external_actor *rows;
	size_t len;

	if (external_actor_list_account(tx, member->organization_id, member->account_id, &rows,
		    &len, err) < 0)
		return err->code;
	json_object_set_new(item, "externalUsers", actor_json_list(rows, len));
	return 0;
}

/* The slugs of the projects that the teams of a member work on. */
static int projects(struct tx *tx, const struct member *member, json_t *item, struct err *err)
{
	struct project_page page = {
		.organization_id = member->organization_id,
		.member_id = member->id,
		.place = &KEYSET_FIRST(PROJECTS_SHOWN),
	};
	json_t *slugs = json_array();
	struct project *rows;
	size_t len;

	json_object_set_new(item, "projects", slugs);
	if (project_list(tx, &page, &rows, &len, err) < 0)
		return err->code;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(slugs, json_string(rows[i].slug));
	project_list_free(rows, len);
	return 0;
}

static int detail(struct tx *tx, const struct member *member, json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = people_member_json(member);
	int only_owner = member_is_only_owner(tx, member, err);

	if (only_owner < 0 || people_member_teams(tx, member, json, err) < 0)
		return err->code;
	json_object_set_new(json, "isOnlyOwner", json_boolean(only_owner));
	*ret_json = steal(&json);
	return 0;
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_member struct member member = {0};
	json_t *json;

	if (find(tx, work->call, &member, err) < 0 || detail(tx, &member, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return external_users(tx, &member, json, err);
}

static int show(struct api_call *call, struct err *err)
{
	return work_read(call, show_in, err);
}

/* ---- Lists ---- */

typedef int extend_fn(struct tx *tx, const struct member *member, json_t *item, struct err *err);

/* One page; each member gets what the NULL-ended 'extend' adds. */
static int list_page(struct tx *tx, struct work *work, const struct member_page *page,
	extend_fn *const *extend, struct err *err)
{
	struct member *rows;
	size_t len, shown;
	int result = 0;

	if (member_list(tx, page, &rows, &len, err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct member *row = &rows[work_row(work, i)];
		json_t *item = people_member_json(row);

		work_show(work, item, row->id, NULL);
		for (extend_fn *const *fn = extend; *fn && result == 0; fn++)
			result = (*fn)(tx, row, item, err);
	}
	member_list_free(rows, len);
	return result;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	char email[EMAIL_LEN_MAX + 1], role[16];
	struct member_page page = {
		.organization_id = work->call->principal.organization_id,
		.external = people_external_filter(work->call, "hasExternalUsers"),
		.query = people_query_text(work->call),
		.place = &work->place,
	};
	extend_fn *extend[3] = {0};
	size_t len = 0;

	if (people_query_token(work->call, "email", email, sizeof(email)))
		page.query = email;
	if (people_query_token(work->call, "role", role, sizeof(role)))
		page.role = role;
	if (people_expands(work->call, "externalUsers"))
		extend[len++] = external_users;
	if (people_expands(work->call, "teams") || people_expands(work->call, "teamRoles"))
		extend[len++] = people_member_teams;
	return list_page(tx, work, &page, extend, err);
}

static int list(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_UP, list_in, err);
}

/* With their projects; `project` says whose members, by id or slug. */
static int users_in(struct tx *tx, void *arg, struct err *err)
{
	static extend_fn *const extend[] = {people_member_teams, projects, NULL};
	struct work *work = arg;
	const struct principal *principal = &work->call->principal;
	const char *name = api_query(work->call, "project", NULL);
	cleanup_project struct project project = {0};

	if (name && strcmp(name, "-1") != 0 &&
		access_project_find(tx, principal, name, &project, err) < 0)
		return err->code;
	return list_page(tx, work, &(struct member_page){
		.organization_id = principal->organization_id,
		.project_id = project.id,
		.place = &work->place,
	}, extend, err);
}

static int users(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_UP, users_in, err);
}

static int project_members_in(struct tx *tx, void *arg, struct err *err)
{
	static extend_fn *const extend[] = {people_member_teams, NULL};
	struct work *work = arg;

	return list_page(tx, work, &(struct member_page){
		.organization_id = work->call->principal.organization_id,
		.project_id = work->call->project.id,
		.place = &work->place,
	}, extend, err);
}

static int project_members(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_UP, project_members_in, err);
}

static int team_members_in(struct tx *tx, void *arg, struct err *err)
{
	static extend_fn *const extend[] = {people_member_teams, NULL};
	struct work *work = arg;

	return list_page(tx, work, &(struct member_page){
		.organization_id = work->call->principal.organization_id,
		.team_id = work->call->team.id,
		.place = &work->place,
	}, extend, err);
}

static int team_members(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_UP, team_members_in, err);
}

/* ---- What is sent ---- */

struct sent {
	const char *email;
	const char *role;          /* NULL: not sent */
	const json_t *teams;       /* slugs, or NULL */
	const json_t *team_roles;  /* of {teamSlug, role}, or NULL */
};

static void read_sent(const struct body *in, struct sent *sent)
{
	int role = body_choice(in, "orgRole", role_names, 0);
	struct body item = {.field = "teamRoles", .err = in->err};
	size_t i;

	if (role < 0)
		role = body_choice(in, "role", role_names, 0);
	sent->role = role < 0 ? NULL : role_names[role];
	sent->teams = body_list(in, "teams", JSON_STRING, PEOPLE_TEAMS_MAX, 0);
	sent->team_roles = body_list(in, "teamRoles", JSON_OBJECT, PEOPLE_TEAMS_MAX, 0);
	json_array_foreach((json_t *)(uintptr_t)sent->team_roles, i, item.object) {
		(void)body_text(&item, "teamSlug", SLUG_SIZE - 1, BODY_REQUIRED);
		(void)body_choice(&item, "role", team_role_names, 0);
	}
}

static int join(struct tx *tx, const struct member *member, const char *slug, const char *role,
	const char *field, struct err *err)
{
	cleanup_team struct team team = {0};
	cleanup_err struct err missing = {0};
	int result = team_find(tx, member->organization_id, slug, &team, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, field, "There is no team \"%.64s\" in this organization.",
			slug);
	if (result < 0)
		return err_move(err, &missing);
	result = team_add_member(tx, team.id, member->id, err);
	if (result == 0 && role)
		result = team_set_member_role(tx, team.id, member->id, role, err);
	return result < 0 ? result : 0;
}

/* Exactly the teams that were sent, if any list was. */
static int set_teams(struct tx *tx, const struct member *member, const struct sent *sent,
	struct err *err)
{
	const json_t *item;
	size_t i;
	int result = 0;

	if (!sent->teams && !sent->team_roles)
		return 0;
	result = member_leave_teams(tx, member, err);
	json_array_foreach((json_t *)(uintptr_t)sent->teams, i, item)
		if (result >= 0)
			result = join(tx, member, json_string_value(item), NULL, "teams", err);
	json_array_foreach((json_t *)(uintptr_t)sent->team_roles, i, item) {
		struct body in = {item, .err = err};

		if (result >= 0)
			result = join(tx, member, body_text(&in, "teamSlug", SLUG_SIZE - 1, 0),
				json_string_value(json_object_get(item, "role")), "teamRoles",
				err);
	}
	return result < 0 ? result : 0;
}

/* ---- Adding ---- */

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	int64_t organization_id = work->call->principal.organization_id;
	cleanup_member struct member member = {0};
	cleanup_err struct err clash = {0};
	int64_t account_id, id;
	json_t *json;
	int result;

	if (account_put(tx, sent->email, NULL, work->now_us, &account_id, err) < 0)
		return err->code;
	result = member_insert(tx, organization_id, account_id, sent->role ? sent->role : "member",
		work->now_us, &id, &clash);
	if (result == MORTISE_E_CONFLICT)
		return err_field(err, "email", "The user %.254s is already a member.", sent->email);
	if (result < 0)
		return err_move(err, &clash);
	if (member_get(tx, organization_id, id, &member, err) < 0 ||
		set_teams(tx, &member, sent, err) < 0 || detail(tx, &member, &json, err) < 0)
		return err->code;
	work->created = true;
	work_answer(work, json);
	return work_audit(tx, work, organization_id, "member.add", "member", id,
		json_pack("{s:s}", "role", member.role), err);
}

static int add(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {.email = body_text(&in, "email", EMAIL_LEN_MAX, BODY_REQUIRED)};

	read_sent(&in, &sent);
	if (err->code < 0 ||
		role_allowed(&call->principal, sent.role ? sent.role : "member", err) < 0)
		return err->code;
	return work_write(call, add_in, &sent, err);
}

/* ---- Changing ---- */

/* The only owner stays one: that is a refusal, and no clash with anybody. */
static int refuse_clash(struct err *err)
{
	cleanup_err struct err clash = {0};

	if (err->code != MORTISE_E_CONFLICT)
		return err->code;
	err_move(&clash, err);
	return err_refuse(err, "%s", err_text(&clash));
}

static int set_role(struct tx *tx, const struct work *work, const struct member *member,
	const char *role, struct err *err)
{
	const struct principal *principal = &work->call->principal;

	if (!role || strcmp(role, member->role) == 0)
		return 0;
	if (principal->user_id == member->account_id)
		return err_refuse(err, "You cannot change your own role.");
	if (role_allowed(principal, member->role, err) < 0 ||
		role_allowed(principal, role, err) < 0)
		return err->code;
	return member_set_role(tx, member, role, err) < 0 ? refuse_clash(err) : 0;
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	cleanup_member struct member before = {0};
	cleanup_member struct member after = {0};
	json_t *json;

	if (find(tx, work->call, &before, err) < 0 ||
		set_role(tx, work, &before, sent->role, err) < 0 ||
		set_teams(tx, &before, sent, err) < 0 ||
		member_get(tx, before.organization_id, before.id, &after, err) < 0 ||
		detail(tx, &after, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return work_audit(tx, work, before.organization_id, "member.edit", "member", before.id,
		json_pack("{s:s, s:O*, s:O*}", "role", after.role, "teams", sent->teams,
			"teamRoles", sent->team_roles), err);
}

static int update(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {0};

	read_sent(&in, &sent);
	return err->code < 0 ? err->code : work_write(call, update_in, &sent, err);
}

/* ---- Removing ---- */

static int remove_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct principal *principal = &work->call->principal;
	cleanup_member struct member member = {0};

	if (find(tx, work->call, &member, err) < 0)
		return err->code;
	if (principal->user_id != member.account_id) {
		if (!(principal->scopes & SCOPE_MEMBER_ADMIN))
			return err_refuse(err, "Removing somebody else needs member:admin.");
		if (role_allowed(principal, member.role, err) < 0)
			return err->code;
	}
	if (member_remove(tx, &member, work->now_us, err) < 0)
		return refuse_clash(err);
	return work_audit(tx, work, member.organization_id, "member.remove", "member", member.id,
		json_pack("{s:I, s:s}", "account", (json_int_t)member.account_id, "role",
			member.role), err);
}

static int remove_member(struct api_call *call, struct err *err)
{
	return work_write(call, remove_in, NULL, err);
}

/* ---- A member in a team ---- */

static json_t *membership_json(const char *role)
{
	return json_pack("{s:b, s:s}", "isActive", 1, "teamRole", role);
}

static int membership_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_member struct member member = {0};
	const char *role;
	int result = find(tx, work->call, &member, err);

	if (result == 0)
		result = team_member_role(tx, work->call->team.id, member.id, &role, err);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the member is not in this team");
	if (result < 0)
		return result;
	work_answer(work, membership_json(role));
	return 0;
}

static int membership(struct api_call *call, struct err *err)
{
	return work_read(call, membership_in, err);
}

/* Without a scope for teams everybody moves only himself. */
static int check_move(struct tx *tx, const struct work *work, const struct member *member,
	bool leave, struct err *err)
{
	const struct principal *principal = &work->call->principal;
	cleanup_organization struct organization organization = {0};

	if (principal->scopes & SCOPES_T_POST)
		return 0;
	if (principal->user_id != member->account_id)
		return err_refuse(err, "Moving somebody else needs team:write.");
	if (leave)
		return 0;
	if (organization_find(tx, http_param(work->call->request, "org"), &organization, err) < 0)
		return err->code;
	return organization.open_membership ? 0 : err_refuse(err,
		"Membership of this organization is closed: ask an admin of the team to add you.");
}

static int join_or_leave(struct tx *tx, struct work *work, bool leave, struct err *err)
{
	const struct team *team = &work->call->team;
	cleanup_member struct member member = {0};
	cleanup_team struct team after = {0};
	json_t *json;
	int was, result;

	if (find(tx, work->call, &member, err) < 0 ||
		check_move(tx, work, &member, leave, err) < 0)
		return err->code;
	was = team_member_role(tx, team->id, member.id, &(const char *){NULL}, err);
	if (was < 0)
		return was;
	result = leave ? team_remove_member(tx, team->id, member.id, err)
		       : team_add_member(tx, team->id, member.id, err);
	if (result < 0 || team_get(tx, team->organization_id, team->id, &after, err) < 0 ||
		people_team_json(tx, &work->call->principal, &after, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	work->created = !leave && !was;
	if ((was == 1) != leave)
		return 0;
	return work_audit(tx, work, team->organization_id,
		leave ? "member.leave-team" : "member.join-team", "member", member.id,
		json_pack("{s:I}", "team", (json_int_t)team->id), err);
}

static int join_in(struct tx *tx, void *arg, struct err *err)
{
	return join_or_leave(tx, arg, false, err);
}

static int leave_in(struct tx *tx, void *arg, struct err *err)
{
	return join_or_leave(tx, arg, true, err);
}

/* A new pair is 201; one that is there already changes nothing. */
static int join_team(struct api_call *call, struct err *err)
{
	return work_write(call, join_in, NULL, err);
}

static int leave_team(struct api_call *call, struct err *err)
{
	return work_write(call, leave_in, NULL, err);
}

static int team_role_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct team *team = &work->call->team;
	const char *role = work->sent;
	cleanup_member struct member member = {0};
	const char *before;
	int result = find(tx, work->call, &member, err);

	if (result == 0)
		result = team_member_role(tx, team->id, member.id, &before, err);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the member is not in this team");
	if (result > 0)
		result = team_set_member_role(tx, team->id, member.id, role, err);
	if (result < 0)
		return result;
	work_answer(work, membership_json(role));
	return result == 0 ? 0 : work_audit(tx, work, team->organization_id, "member.edit",
		"member", member.id, json_pack("{s:I, s:s}", "team", (json_int_t)team->id,
			"teamRole", role), err);
}

static int set_team_role(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	int role = body_choice(&in, "teamRole", team_role_names, BODY_REQUIRED);

	return role < 0 ? err->code : work_write(call, team_role_in, team_role_names[role], err);
}

#define MEMBERS "/api/0/organizations/{org}/members/"
#define MEMBER_TEAM MEMBERS "{member}/teams/{team}/"

const struct api_route api_member_routes[] = {
	{"GET", MEMBERS, SCOPES_M_GET, 0, list},
	{"POST", MEMBERS, SCOPES_M_POST, API_BODY, add},
	{"GET", MEMBERS "{member}/", SCOPES_M_GET, 0, show},
	{"PUT", MEMBERS "{member}/", SCOPES_M_POST, API_BODY, update},
	{"DELETE", MEMBERS "{member}/", SCOPES_M_GET, 0, remove_member},
	{"GET", MEMBER_TEAM, SCOPES_T_GET, API_ANY_TEAM, membership},
	{"POST", MEMBER_TEAM, SCOPES_T_GET, API_ANY_TEAM, join_team},
	{"PUT", MEMBER_TEAM, SCOPES_T_POST, API_ANY_TEAM | API_BODY, set_team_role},
	{"DELETE", MEMBER_TEAM, SCOPES_T_GET, API_ANY_TEAM, leave_team},
	{"GET", "/api/0/organizations/{org}/users/", SCOPES_M_GET, 0, users},
	{"GET", "/api/0/projects/{org}/{project}/members/", SCOPES_P_GET, 0, project_members},
	{"GET", "/api/0/teams/{org}/{team}/members/", SCOPES_T_GET, 0, team_members},
	{0},
};
