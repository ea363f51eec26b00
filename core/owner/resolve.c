/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/storage/external_actor.h"
#include "core/storage/member.h"
#include "core/storage/team.h"

/* ---- One name ---- */

/* What is missing is no error here. */
static int unless_missing(struct err *problem, struct err *err)
{
	return problem->code == MORTISE_E_NOT_FOUND ? OWNER_NOBODY : err_move(err, problem);
}

static int resolve_account(struct tx *tx, const struct owner_place *place, int64_t account_id,
	struct owner_actor *ret_actor, struct err *err)
{
	cleanup_member struct member member = {0};
	cleanup_err struct err problem = {0};
	int result = member_find(tx, place->organization_id, account_id, &member, &problem);

	if (result < 0)
		return unless_missing(&problem, err);
	result = member_works_on(tx, place->organization_id, account_id, place->project_id, err);
	if (result < 0)
		return result;
	*ret_actor = (struct owner_actor){
		.id = account_id,
		.name = xstrdup(member.name && *member.name ? member.name : member.email),
		.email = steal(&member.email),
	};
	return result == 1 ? OWNER_FOUND : OWNER_WITHOUT_ACCESS;
}

static int resolve_address(struct tx *tx, const struct owner_place *place, const char *address,
	struct owner_actor *ret_actor, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_err struct err problem = {0};

	if (account_find(tx, address, &account, &problem) < 0)
		return unless_missing(&problem, err);
	return resolve_account(tx, place, account.id, ret_actor, err);
}

static int resolve_team(struct tx *tx, const struct owner_place *place, const char *id_or_slug,
	struct owner_actor *ret_actor, struct err *err)
{
	cleanup_team struct team team = {0};
	cleanup_err struct err problem = {0};
	int result = team_find(tx, place->organization_id, id_or_slug, &team, &problem);

	if (result < 0)
		return unless_missing(&problem, err);
	result = team_has_project(tx, team.id, place->project_id, err);
	if (result < 0)
		return result;
	*ret_actor = (struct owner_actor){.is_team = true, .id = team.id,
		.name = steal(&team.slug)};
	return result == 1 ? OWNER_FOUND : OWNER_WITHOUT_ACCESS;
}

static int resolve_team_id(struct tx *tx, const struct owner_place *place, int64_t id,
	struct owner_actor *ret_actor, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, id);
	return resolve_team(tx, place, text, ret_actor, err);
}

/* The first of an upstream's accounts (or teams) of this name who may do it, else the first
 * who is somebody. */
static int resolve_external(struct tx *tx, const struct owner_place *place, bool team,
	const char *name, struct owner_actor *ret_actor, struct err *err)
{
	struct external_actor *list = NULL;
	size_t len = 0;
	int found = external_actor_named(tx, place->organization_id, name, &list, &len, err);

	for (size_t i = 0; found >= 0 && found != OWNER_FOUND && i < len; i++) {
		struct owner_actor actor = {0};
		int result = OWNER_NOBODY;

		if (team && list[i].team_id)
			result = resolve_team_id(tx, place, list[i].team_id, &actor, err);
		else if (!team && list[i].account_id)
			result = resolve_account(tx, place, list[i].account_id, &actor, err);
		if (result < 0 || result > found) {
			owner_actor_clear(ret_actor);
			*ret_actor = actor;
			found = result;
		} else {
			owner_actor_clear(&actor);
		}
	}
	external_actor_list_free(list, len);
	return found;
}

int owner_resolve(struct tx *tx, const struct owner_place *place, enum owner_kind kind,
	const char *name, struct owner_actor *ret_actor, struct err *err)
{
	struct owner_actor actor = {0};
	int64_t id;
	int result = OWNER_NOBODY;

	switch (kind) {
	case OWNER_ADDRESS:
		result = resolve_address(tx, place, name, &actor, err);
		break;
	case OWNER_TEAM:
		if (!slug_is_id(name, &id))
			result = resolve_team(tx, place, name, &actor, err);
		break;
	case OWNER_ACCOUNT:
	case OWNER_GROUP:
		result = resolve_external(tx, place, kind == OWNER_GROUP, name, &actor, err);
		break;
	}
	if (result < 0)
		owner_actor_clear(&actor);
	else
		*ret_actor = actor;
	return result;
}

void owner_actor_clear(struct owner_actor *actor)
{
	free(actor->name);
	free(actor->email);
	*actor = (struct owner_actor){0};
}

/* ---- All names of a set ---- */

/* One kind of error for each way in which a name may mean nobody here. */
static const char *const missing[] = {
	[OWNER_ADDRESS] = "missing_user_emails",
	[OWNER_TEAM] = "missing_external_teams",
	[OWNER_ACCOUNT] = "missing_external_users",
	[OWNER_GROUP] = "missing_external_teams",
};
#define TEAMS_WITHOUT_ACCESS "teams_without_access"
#define USERS_WITHOUT_ACCESS "users_without_access"

void owner_people_init(struct owner_people *people)
{
	*people = (struct owner_people){
		.owners = json_object(),
		.associations = json_object(),
		.errors = json_pack("{s:[], s:[], s:[], s:[], s:[]}", missing[OWNER_ADDRESS],
			missing[OWNER_ACCOUNT], missing[OWNER_GROUP], TEAMS_WITHOUT_ACCESS,
			USERS_WITHOUT_ACCESS),
	};
}

void owner_people_clear(struct owner_people *people)
{
	json_decref(people->owners);
	json_decref(people->associations);
	json_decref(people->errors);
	*people = (struct owner_people){0};
}

/* "#web" of a team's own slug; the others cannot be mixed up. */
static char *key_of(const struct owner_rules *rules, const struct owner_name *name)
{
	return xasprintf("%s%s", name->kind == OWNER_TEAM ? "#" : "",
		owner_rules_text(rules, name->name));
}

static void note_error(struct owner_people *people, const char *kind, const char *sign,
	const char *name)
{
	cleanup_free char *text = xasprintf("%s%s", sign, name);

	json_array_append_new(json_object_get(people->errors, kind), json_string(text));
}

static void note_found(struct owner_people *people, const char *key,
	const struct owner_actor *actor)
{
	const char *name = actor->is_team ? actor->name : actor->email;
	cleanup_free char *shown = xasprintf("%s%s", actor->is_team ? "#" : "", name);
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, actor->id);
	json_object_set_new(people->owners, key, json_pack("{s:s, s:s, s:s}", "type",
		actor->is_team ? "team" : "user", "id", id, "name", name));
	json_object_set_new(people->associations, key, json_string(shown));
}

static int add_name(struct tx *tx, const struct owner_place *place, const char *key,
	enum owner_kind kind, const char *name, struct owner_people *people, struct err *err)
{
	cleanup_owner_actor struct owner_actor actor = {0};
	int result = owner_resolve(tx, place, kind, name, &actor, err);

	if (result < 0)
		return result;
	if (result == OWNER_FOUND) {
		note_found(people, key, &actor);
		return 0;
	}
	json_object_set_new(people->owners, key, json_null());
	if (result == OWNER_NOBODY)
		note_error(people, missing[kind], "", name);
	else
		note_error(people, actor.is_team ? TEAMS_WITHOUT_ACCESS : USERS_WITHOUT_ACCESS,
			actor.is_team ? "#" : "", actor.name);
	return 0;
}

int owner_people_add(struct tx *tx, const struct owner_place *place,
	const struct owner_rules *rules, struct owner_people *people, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < rules->owner_len && result == 0; i++) {
		const struct owner_name *name = &rules->owners[i];
		cleanup_free char *key = key_of(rules, name);

		if (!json_object_get(people->owners, key))
			result = add_name(tx, place, key, name->kind,
				owner_rules_text(rules, name->name), people, err);
	}
	return result;
}

const json_t *owner_people_find(const struct owner_people *people,
	const struct owner_rules *rules, const struct owner_name *name)
{
	cleanup_free char *key = key_of(rules, name);
	const json_t *found = json_object_get(people->owners, key);

	return json_is_object(found) ? found : NULL;
}
