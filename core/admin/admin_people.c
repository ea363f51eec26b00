/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Organizations, users and members, teams, projects. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <string.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/ingest/ingest.h"
#include "core/storage/audit.h"
#include "core/storage/data_forwarder.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/project_key.h"
#include "core/storage/store.h"
#include "core/storage/team.h"

/* One handler's work in a transaction.  A write may run more than once, so a closure
 * sets 'id' anew each time; a list is made in a read, which runs once. */
struct work {
	const json_t *parameters;
	int64_t now_us;
	int64_t limit;
	int64_t id;
	json_t *list;          /* or NULL */
	struct project_key key;/* a new one, made before the write */
	const char *public_url;
};

static int find_organization(struct tx *tx, const struct work *work,
	struct organization *ret_organization, struct err *err)
{
	const char *slug = admin_text(work->parameters, "org");
	int result = organization_find(tx, slug, ret_organization, err);

	if (result == MORTISE_E_NOT_FOUND)
		err_prefix(err, "organization \"%s\": ", slug);
	return result;
}

static int organization_id(struct tx *tx, const struct work *work, int64_t *ret_id,
	struct err *err)
{
	struct organization organization;
	int result = find_organization(tx, work, &organization, err);

	if (result < 0)
		return result;
	*ret_id = organization.id;
	organization_clear(&organization);
	return 0;
}

static int note_audit(struct tx *tx, const struct work *work, int64_t organization_id,
	const char *event, const char *target_kind, int64_t target_id, struct err *err)
{

	return audit_insert(tx, &(struct audit_new){.organization_id = organization_id,
		.origin = ADMIN_ORIGIN, .event = event, .kind = target_kind, .id = target_id,
		.now_us = work->now_us}, err);
}

/* Run a write and answer {"id": …}. */
static int write_id(struct daemon *daemon, store_fn *fn, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	struct work work = {.parameters = parameters, .now_us = clock_now_us()};
	int result = store_write(daemon->store, fn, &work, err);

	if (result == 0)
		*ret_result = json_pack("{s:o}", "id", admin_id_json(work.id));
	return result;
}

/* Run a read and answer its list as 'name'. */
static int read_list(struct daemon *daemon, store_fn *fn, const char *name,
	const json_t *parameters, json_t **ret_result, struct err *err)
{
	struct work work = {.parameters = parameters, .limit = admin_limit(parameters),
		.list = json_array()};
	int result = store_read(daemon->store, fn, &work, err);

	if (result == 0)
		*ret_result = json_pack("{s:O}", name, work.list);
	json_decref(work.list);
	return result;
}

/* What has no name is called by its slug. */
static const char *name_or(const json_t *parameters, const char *slug)
{
	const char *name = admin_text(parameters, "name");

	return name ? name : slug;
}

/* ---- Organizations ---- */

static int create_organization(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *slug = admin_text(work->parameters, "slug");
	int result = organization_insert(tx, slug, name_or(work->parameters, slug), work->now_us,
		&work->id, err);

	if (result < 0)
		return result;
	return note_audit(tx, work, work->id, "org.create", "organization", work->id, err);
}

static int run_org_create(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	return write_id(daemon, create_organization, parameters, ret_result, err);
}

static int list_organizations(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct organization *list;
	size_t len;
	int result = organization_list(tx, 0, &KEYSET_FIRST(work->limit), &list, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(work->list, json_pack("{s:o, s:s, s:s, s:o}",
			"id", admin_id_json(list[i].id), "slug", list[i].slug,
			"name", list[i].name, "added", admin_time_json(list[i].added_at_us)));
	organization_list_free(list, len);
	return 0;
}

static int run_org_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	return read_list(daemon, list_organizations, "organizations", parameters, ret_result, err);
}

/* ---- Members ---- */

static int put_member(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *email = admin_text(work->parameters, "email");
	const char *role = admin_text(work->parameters, "role");
	int64_t organization, account;
	int result = organization_id(tx, work, &organization, err);

	if (result == 0)
		result = account_put(tx, email, name_or(work->parameters, email), work->now_us,
			&account, err);
	if (result == 0)
		result = member_put(tx, organization, account, role ? role : "member",
			work->now_us, &work->id, err);
	if (result < 0)
		return result;
	return note_audit(tx, work, organization, "member.add", "member", work->id, err);
}

static int add_member(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct account account;
	int result = account_find(tx, admin_text(work->parameters, "email"), &account, err);

	if (result < 0) {
		err_prefix(err, "\"%s\": ", admin_text(work->parameters, "email"));
		return result;
	}
	account_clear(&account);
	return put_member(tx, arg, err);
}

static int check_role(const json_t *parameters, struct err *err)
{
	const char *role = admin_text(parameters, "role");

	if (role && access_role_scopes(role) == 0)
		return err_field(err, "role", "\"%s\" is no role; use owner, manager, admin "
			"or member", role);
	return 0;
}

static int run_user_create(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	int result = check_role(parameters, err);

	return result < 0 ? result : write_id(daemon, put_member, parameters, ret_result, err);
}

static int run_member_add(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	int result = check_role(parameters, err);

	return result < 0 ? result : write_id(daemon, add_member, parameters, ret_result, err);
}

static int list_members(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct member *list;
	int64_t organization;
	size_t len;
	int result = organization_id(tx, work, &organization, err);

	if (result == 0)
		result = member_list(tx, &(struct member_page){.organization_id = organization,
			.place = &KEYSET_FIRST(work->limit)}, &list, &len, err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(work->list, json_pack("{s:o, s:s, s:s, s:s, s:o}",
			"id", admin_id_json(list[i].id), "email", list[i].email,
			"name", list[i].name, "role", list[i].role,
			"added", admin_time_json(list[i].added_at_us)));
	member_list_free(list, len);
	return 0;
}

static int run_member_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	return read_list(daemon, list_members, "members", parameters, ret_result, err);
}

/* ---- Projects ---- */

static int create_project(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *slug = admin_text(work->parameters, "slug");
	int64_t organization;
	int result = organization_id(tx, work, &organization, err);

	if (result == 0)
		result = project_insert(tx, organization, slug, name_or(work->parameters, slug),
			admin_text(work->parameters, "platform"), work->now_us, &work->id, err);
	if (result == 0)
		result = project_key_insert(tx, work->id, work->key.public_key, work->key.name,
			work->now_us, &work->key.id, err);
	if (result == 0)
		result = data_forwarder_enroll(tx, organization, work->id, work->now_us, err);
	if (result < 0)
		return result;
	work->key.project_id = work->id;
	return note_audit(tx, work, organization, "project.create", "project", work->id, err);
}

/* Run a write that stores a new key, and answer {"id": …, "dsn": …}. */
static int write_key(struct daemon *daemon, store_fn *fn, const json_t *parameters,
	const char *name, json_t **ret_result, struct err *err)
{
	char public_key[PROJECT_KEY_SIZE], key_name[] = "Default";
	struct work work = {.parameters = parameters, .now_us = clock_now_us(),
		.key = {.public_key = public_key, .name = name ? (char *)(uintptr_t)name : key_name}};
	cleanup_free char *dsn = NULL;
	int result;

	project_key_make(public_key);
	result = store_write(daemon->store, fn, &work, err);
	if (result < 0)
		return result;
	dsn = project_key_dsn(daemon->settings->public_url, &work.key);
	*ret_result = json_pack("{s:o, s:s}", "id", admin_id_json(work.id), "dsn", dsn);
	return 0;
}

static int run_project_create(struct daemon *daemon, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	return write_key(daemon, create_project, parameters, NULL, ret_result, err);
}

static void append_project(json_t *list, const struct project *project)
{
	json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s?, s:o}",
		"id", admin_id_json(project->id), "slug", project->slug, "name", project->name,
		"platform", project->platform, "added", admin_time_json(project->added_at_us)));
}

static int list_projects(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct project *list;
	int64_t organization;
	size_t len;
	int result = organization_id(tx, work, &organization, err);

	if (result == 0)
		result = project_list(tx, &(struct project_page){.organization_id = organization,
			.place = &KEYSET_FIRST(work->limit)}, &list, &len, err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		append_project(work->list, &list[i]);
	project_list_free(list, len);
	return 0;
}

static int run_project_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	return read_list(daemon, list_projects, "projects", parameters, ret_result, err);
}

static int add_keys(struct tx *tx, const struct work *work, int64_t project_id, json_t *shown,
	struct err *err)
{
	struct project_key *keys;
	json_t *list;
	size_t len;
	int result = project_key_list(tx, project_id, &KEYSET_FIRST(ADMIN_LIST_MAX), &keys, &len, err);

	if (result < 0)
		return result;
	list = json_array();
	for (size_t i = 0; i < len; i++) {
		cleanup_free char *dsn = project_key_dsn(work->public_url, &keys[i]);

		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:o}",
			"key", keys[i].public_key, "name", keys[i].name, "active", keys[i].active,
			"dsn", dsn, "added", admin_time_json(keys[i].added_at_us)));
	}
	project_key_list_free(keys, len);
	json_object_set_new(shown, "keys", list);
	return 0;
}

static int find_project(struct tx *tx, const struct work *work, int64_t *ret_organization,
	struct project *ret_project, struct err *err)
{
	int result = organization_id(tx, work, ret_organization, err);

	return result < 0 ? result : project_find(tx, *ret_organization,
		admin_text(work->parameters, "project"), ret_project, err);
}

static int show_project(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct project project;
	struct team *teams;
	json_t *slugs;
	size_t len;
	int64_t organization;
	int result = find_project(tx, work, &organization, &project, err);

	if (result < 0)
		return result;
	result = team_list_project(tx, project.id, &KEYSET_FIRST(ADMIN_LIST_MAX), &teams, &len, err);
	if (result == 0) {
		append_project(work->list, &project);
		slugs = json_array();
		for (size_t i = 0; i < len; i++)
			json_array_append_new(slugs, json_string(teams[i].slug));
		json_object_set_new(json_array_get(work->list, 0), "teams", slugs);
		team_list_free(teams, len);
		result = add_keys(tx, work, project.id, json_array_get(work->list, 0), err);
	}
	project_clear(&project);
	return result;
}

static int run_project_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.parameters = parameters, .list = json_array(),
		.public_url = daemon->settings->public_url};
	int result = store_read(daemon->store, show_project, &work, err);

	if (result == 0)
		*ret_result = json_pack("{s:O}", "project", json_array_get(work.list, 0));
	json_decref(work.list);
	return result;
}

static int add_key(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_project struct project project = {0};
	int64_t organization;
	int result = find_project(tx, work, &organization, &project, err);

	if (result == 0)
		result = project_key_insert(tx, project.id, work->key.public_key, work->key.name,
			work->now_us, &work->id, err);
	if (result < 0)
		return result;
	work->key.project_id = project.id;
	return note_audit(tx, work, organization, "projectkey.create", "project", project.id, err);
}

static int run_project_key_add(struct daemon *daemon, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	return write_key(daemon, add_key, parameters, admin_text(parameters, "name"), ret_result,
		err);
}

static int disable_key(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_project struct project project = {0};
	int64_t organization;
	int result = find_project(tx, work, &organization, &project, err);

	if (result == 0)
		result = project_key_disable(tx, project.id, admin_text(work->parameters, "key"),
			err);
	return result < 0 ? result : note_audit(tx, work, organization, "projectkey.edit",
		"project", project.id, err);
}

static int run_project_key_disable(struct daemon *daemon, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	struct work work = {.parameters = parameters, .now_us = clock_now_us()};
	int result = store_write(daemon->store, disable_key, &work, err);

	(void)ret_result;
	if (result == 0)
		ingest_forget_keys(daemon->ingest);
	return result;
}

/* ---- Teams ---- */

static int create_team(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *slug = admin_text(work->parameters, "slug");
	int64_t organization;
	int result = organization_id(tx, work, &organization, err);

	if (result == 0)
		result = team_insert(tx, organization, slug, name_or(work->parameters, slug),
			work->now_us, &work->id, err);
	if (result < 0)
		return result;
	return note_audit(tx, work, organization, "team.create", "team", work->id, err);
}

static int run_team_create(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	return write_id(daemon, create_team, parameters, ret_result, err);
}

static int find_team(struct tx *tx, const struct work *work, int64_t *ret_organization,
	int64_t *ret_team, struct err *err)
{
	struct team team;
	int result = organization_id(tx, work, ret_organization, err);

	if (result == 0)
		result = team_find(tx, *ret_organization, admin_text(work->parameters, "team"),
			&team, err);
	if (result < 0)
		return result;
	*ret_team = team.id;
	team_clear(&team);
	return 0;
}

static int find_member(struct tx *tx, const struct work *work, int64_t organization,
	int64_t *ret_member, struct err *err)
{
	struct account account;
	struct member member;
	int result = account_find(tx, admin_text(work->parameters, "email"), &account, err);

	if (result < 0)
		return result;
	result = member_find(tx, organization, account.id, &member, err);
	account_clear(&account);
	if (result < 0)
		return result;
	*ret_member = member.id;
	member_clear(&member);
	return 0;
}

static int team_take_member(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	int64_t organization, member;
	int result = find_team(tx, work, &organization, &work->id, err);

	if (result == 0)
		result = find_member(tx, work, organization, &member, err);
	if (result == 0)
		result = team_add_member(tx, work->id, member, err);
	return result < 0 ? result : 0;
}

static int run_team_add_member(struct daemon *daemon, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	return write_id(daemon, team_take_member, parameters, ret_result, err);
}

static int team_take_project(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct project project;
	int64_t organization;
	int result = find_team(tx, work, &organization, &work->id, err);

	if (result == 0)
		result = project_find(tx, organization, admin_text(work->parameters, "project"),
			&project, err);
	if (result < 0)
		return result;
	result = team_add_project(tx, work->id, project.id, err);
	project_clear(&project);
	return result < 0 ? result : 0;
}

static int run_team_add_project(struct daemon *daemon, const json_t *parameters,
	json_t **ret_result, struct err *err)
{
	return write_id(daemon, team_take_project, parameters, ret_result, err);
}

#define PROJECT "(id: string, slug: string, name: string, platform: ?string, added: string"

const struct admin_method admin_people_methods[] = {
	{.name = "OrgCreate", .level = ADMIN_ADMIN, .in = "(slug: string, name: ?string)",
		.out = "(id: string)", .help = "Make an organization", .run = run_org_create},
	{.name = "OrgList", .level = ADMIN_READ, .in = "(limit: ?int)",
		.out = "(organizations: [](id: string, slug: string, name: string, added: string))",
		.help = "All organizations, by slug", .run = run_org_list},
	{.name = "UserCreate", .level = ADMIN_ADMIN,
		.in = "(email: string, org: string, role: ?string, name: ?string)",
		.out = "(id: string)",
		.help = "Make a user, as a member of an organization; the id is the member's",
		.run = run_user_create},
	{.name = "MemberAdd", .level = ADMIN_ADMIN,
		.in = "(email: string, org: string, role: ?string)", .out = "(id: string)",
		.help = "Make a user a member of another organization, or change the role",
		.run = run_member_add},
	{.name = "MemberList", .level = ADMIN_READ, .in = "(org: string, limit: ?int)",
		.out = "(members: [](id: string, email: string, name: string, role: string, "
		       "added: string))",
		.help = "The members of an organization", .run = run_member_list},
	{.name = "ProjectCreate", .level = ADMIN_ADMIN,
		.in = "(slug: string, org: string, name: ?string, platform: ?string)",
		.out = "(id: string, dsn: string)",
		.help = "Make a project, with a key that SDKs send events with",
		.run = run_project_create},
	{.name = "ProjectList", .level = ADMIN_READ, .in = "(org: string, limit: ?int)",
		.out = "(projects: []" PROJECT "))", .help = "The projects of an organization",
		.run = run_project_list},
	{.name = "ProjectShow", .level = ADMIN_READ, .in = "(project: string, org: string)",
		.out = "(project: " PROJECT ", teams: []string, keys: [](key: string, "
		       "name: string, active: bool, dsn: string, added: string)))",
		.help = "One project", .run = run_project_show},
	{.name = "ProjectKeyAdd", .level = ADMIN_ADMIN,
		.in = "(project: string, org: string, name: ?string)",
		.out = "(id: string, dsn: string)", .help = "Give a project another key",
		.run = run_project_key_add},
	{.name = "ProjectKeyDisable", .level = ADMIN_ADMIN,
		.in = "(project: string, org: string, key: string)", .out = "()",
		.help = "Take no more events of a key", .run = run_project_key_disable},
	{.name = "TeamCreate", .level = ADMIN_ADMIN,
		.in = "(slug: string, org: string, name: ?string)", .out = "(id: string)",
		.help = "Make a team", .run = run_team_create},
	{.name = "TeamAddMember", .level = ADMIN_ADMIN,
		.in = "(team: string, org: string, email: string)", .out = "(id: string)",
		.help = "Add a member of the organization to a team", .run = run_team_add_member},
	{.name = "TeamAddProject", .level = ADMIN_ADMIN,
		.in = "(team: string, org: string, project: string)", .out = "(id: string)",
		.help = "Give a team a project", .run = run_team_add_project},
	{0},
};
