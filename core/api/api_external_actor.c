/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * External users and teams: which upstream account is which member, or team.  Assignees
 * of trackers are matched against them.
 *
 * Both contracts are served: the organization's URLs, with memberId (or userId) and
 * teamId in the body, and Sentry's URLs below a team.  Where Sentry's own behaviour would
 * mislead, we differ: a name that belongs to the other kind, or to the same member at
 * another integration, is a 400 and not a fault, and so is a second owner of a name at one
 * integration; without integrationId the organization's only one of the provider is meant;
 * PUT answers with userId or teamId, keeps a provider's rule for names although the
 * provider is not sent, and changes rows of its own kind only; and DELETE of a user takes
 * org:write, as Sentry documents, since whoever may make the row may take it back.
 */
#include "config.h"
#include "core/api/routes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/actor_json.h"
#include "core/api/body.h"
#include "core/api/integration_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/storage/audit.h"
#include "core/storage/external_actor.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/member.h"
#include "core/storage/store.h"
#include "core/storage/team.h"

#define NAME_MAX_CHARACTERS 255
#define EXTERNAL_ID_MAX 64
#define INTEGRATIONS_LOOKED_AT 100

enum kind { KIND_USER, KIND_TEAM };

/* One request: what was sent, and the row that comes of it. */
struct change {
	const struct api_call *call;
	enum kind kind;
	int64_t id;                /* PUT, DELETE */
	bool below_team;           /* the URL names the team, not the body */
	bool is_new;
	bool has_external_id;      /* sent, maybe as null */
	int64_t member_id, account_id, team_id, integration_id;    /* sent; 0: not */
	const char *name, *provider, *external_id;
	bool provider_is_loaded;   /* some tracker here registers it */
	int64_t now_us;
	/* Set anew at each run: */
	struct external_actor actor;
	bool created;
};

/* ---- What was sent ---- */

static bool is_provider(const struct change *change, const char *provider)
{
	static const char *const known[] = {"github", "github_enterprise", "gitlab", "slack",
		"slack_staging", "msteams", "jira_server", "perforce", "custom_scm"};

	for (size_t i = 0; i < lengthof(known); i++)
		if (strcmp(known[i], provider) == 0)
			return true;
	return change->provider_is_loaded;
}

/* A plugin may bring a tracker that the list does not know. */
static bool is_loaded_tracker(const struct api_call *call, const char *key)
{
	const struct reg_provider *provider = providers_find(call->daemon->providers, key);
	bool is_tracker;

	if (!provider)
		return false;
	is_tracker = provider_has_feature(provider, "issue-basic") ||
		provider_has_feature(provider, "issue-sync");
	registration_unref(provider->registration);
	return is_tracker;
}

static void read_owner(struct change *change, const struct body *in)
{
	unsigned needed = change->is_new ? BODY_REQUIRED : 0;

	if (change->kind == KIND_TEAM && !change->below_team)
		change->team_id = body_id(in, "teamId", needed);
	if (change->kind != KIND_USER)
		return;
	change->account_id = body_id(in, "userId", 0);
	change->member_id = body_id(in, "memberId", change->account_id ? 0 : needed);
}

static int read_change(struct change *change, struct err *err)
{
	struct body in = {.object = change->call->body, .err = err};
	unsigned needed = change->is_new ? BODY_REQUIRED : 0;

	change->name = body_text(&in, "externalName", NAME_MAX_CHARACTERS, needed);
	change->provider = body_text(&in, "provider", NAME_MAX_CHARACTERS, needed);
	change->integration_id = body_id(&in, "integrationId", 0);
	change->has_external_id = body_member(&in, "externalId") != NULL;
	change->external_id = body_text(&in, "externalId", EXTERNAL_ID_MAX, BODY_BLANK);
	if (change->external_id && !*change->external_id)
		change->external_id = NULL;
	read_owner(change, &in);
	if (change->provider) {
		change->provider_is_loaded = is_loaded_tracker(change->call, change->provider);
		if (!is_provider(change, change->provider))
			err_field(err, "provider", "\"%.64s\" is not a valid choice.",
				change->provider);
	}
	return err->code;
}

/* ---- What it means here ---- */

static bool is_strict_name(const char *name)
{
	if (*name != '@' || !name[1])
		return false;
	for (const char *c = name + 1; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_/.-", *c) && !((unsigned char)*c & 0x80))
			return false;
	return true;
}

static int check_name(const struct external_actor *actor, struct err *err)
{
	bool strict = strcmp(actor->provider, "github") == 0 ||
		strcmp(actor->provider, "gitlab") == 0;

	if (strict && !is_strict_name(actor->name))
		return err_field(err, "externalName", "A name at %s begins with \"@\" and has "
			"letters, digits, \"_\", \"/\", \".\" and \"-\" only.", actor->provider);
	return 0;
}

/* The member's account, by memberId or userId. */
static int find_user(struct tx *tx, const struct change *change, struct external_actor *actor,
	struct err *err)
{
	const char *field = change->member_id ? "memberId" : "userId";
	cleanup_member struct member member = {0};
	cleanup_err struct err missing = {0};
	int result;

	if (!change->member_id && !change->account_id)
		return 0;
	result = change->member_id
		? member_get(tx, actor->organization_id, change->member_id, &member, &missing)
		: member_find(tx, actor->organization_id, change->account_id, &member, &missing);
	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, field, "This is no member of the organization.");
	if (result < 0)
		return err_move(err, &missing);
	if (change->account_id && change->account_id != member.account_id)
		return err_field(err, "userId", "This is not the user of the member in memberId.");
	actor->account_id = member.account_id;
	return 0;
}

/* Whoever may not see the team may not say who it is. */
static int find_team(struct tx *tx, const struct change *change, struct external_actor *actor,
	struct err *err)
{
	const struct principal *principal = &change->call->principal;
	cleanup_free char *id = xasprintf("%" PRId64,
		change->below_team ? change->call->team.id : change->team_id);
	cleanup_team struct team team = {0};
	cleanup_err struct err missing = {0};
	int result;

	if (!change->below_team && !change->team_id)
		return access_team(tx, principal, actor->team_id, err);
	result = team_find(tx, actor->organization_id, id, &team, &missing);
	if (result == MORTISE_E_NOT_FOUND && !change->below_team)
		return err_field(err, "teamId", "This is no team of the organization.");
	if (result < 0)
		return err_move(err, &missing);
	actor->team_id = team.id;
	return access_team(tx, principal, team.id, err);
}

/* The only active integration of the provider. */
static int only_integration(struct tx *tx, struct external_actor *actor, struct err *err)
{
	struct integration *rows;
	struct link *links;
	size_t len, found = 0;

	if (integration_list(tx, actor->organization_id, actor->provider,
		    &KEYSET_FIRST(INTEGRATIONS_LOOKED_AT), &rows, &links, &len, err) < 0)
		return err->code;
	for (size_t i = 0; i < len; i++)
		if (rows[i].status == INTEGRATION_ACTIVE && links[i].status == INTEGRATION_ACTIVE) {
			actor->integration_id = rows[i].id;
			found++;
		}
	integration_list_free(rows, links, len);
	if (found != 1)
		return err_field(err, "integrationId", found == 0
			? "No active integration of this provider is installed here."
			: "Several integrations of this provider are installed: name one.");
	return 0;
}

/* Which provider it is of is not compared: a name at github may belong to an integration of
 * github_enterprise. */
static int check_integration(struct tx *tx, const struct external_actor *actor, struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = link_find(tx, actor->organization_id, actor->integration_id, &link, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, "integrationId",
			"Integration does not exist for this organization");
	return result < 0 ? err_move(err, &missing) : 0;
}

/* Put what was sent over 'actor', and check the whole. */
static int merge(struct tx *tx, const struct change *change, struct external_actor *actor,
	struct err *err)
{
	bool moves = change->integration_id || change->provider;

	if (change->name) {
		free(actor->name);
		actor->name = xstrdup(change->name);
	}
	if (change->provider) {
		free(actor->provider);
		actor->provider = xstrdup(change->provider);
	}
	if (change->has_external_id) {
		free(actor->external_id);
		actor->external_id = xstrdup(change->external_id);
	}
	if (change->integration_id)
		actor->integration_id = change->integration_id;
	if (check_name(actor, err) < 0 || find_user(tx, change, actor, err) < 0 ||
		(change->kind == KIND_TEAM && find_team(tx, change, actor, err) < 0))
		return err->code;
	if (!moves)
		return 0;
	if (actor->integration_id == 0)
		return strcmp(actor->provider, "custom_scm") == 0
			? err_field(err, "integrationId", "This field is required.")
			: only_integration(tx, actor, err);
	return check_integration(tx, actor, err);
}

/* ---- Rows ---- */

static bool is_kind(const struct external_actor *actor, enum kind kind)
{
	return kind == KIND_USER ? actor->account_id != 0 : actor->team_id != 0;
}

static int audit(struct tx *tx, const struct change *change, const char *event, struct err *err)
{
	const struct external_actor *actor = &change->actor;
	cleanup_json json_t *data = json_pack("{s:s, s:I, s:I, s:I}", "provider", actor->provider,
		"integration", (json_int_t)actor->integration_id, "account",
		(json_int_t)actor->account_id, "team", (json_int_t)actor->team_id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = actor->organization_id,
		.origin = change->call->principal.origin,
		.event = event,
		.kind = "external_actor",
		.id = actor->id,
		.data = data,
		.now_us = change->now_us,
	}, err);
}

static int taken(const struct change *change, struct err *err)
{
	return err_set(err, MORTISE_E_CONFLICT, "The name \"%.255s\" at %s is somebody's already.",
		change->actor.name, change->actor.provider);
}

/* A name has one owner at one integration. */
static int check_free(struct tx *tx, const struct change *change, struct err *err)
{
	cleanup_external_actor struct external_actor there = {0};
	int result = external_actor_find(tx, &change->actor, false, &there, err);

	return result == 1 && there.id != change->actor.id ? taken(change, err)
							   : result < 0 ? result : 0;
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_external_actor struct external_actor there = {0};
	cleanup_err struct err clash = {0};
	int result;

	external_actor_clear(&change->actor);
	change->actor.organization_id = change->call->principal.organization_id;
	change->created = false;
	if (merge(tx, change, &change->actor, err) < 0)
		return err->code;
	result = external_actor_find(tx, &change->actor, change->has_external_id, &there, err);
	if (result < 0)
		return result;
	if (result == 1 && !is_kind(&there, change->kind))
		return err_field(err, "externalName", "\"%.255s\" is a %s already.", there.name,
			change->kind == KIND_USER ? "team" : "user");
	if (result == 1) {
		external_actor_clear(&change->actor);
		change->actor = there;
		there = (struct external_actor){0};
		return 0;
	}
	if (check_free(tx, change, err) < 0)
		return err->code;
	result = external_actor_insert(tx, &change->actor, change->now_us, &change->actor.id, &clash);
	if (result == MORTISE_E_CONFLICT)
		return taken(change, err);
	if (result < 0)
		return err_move(err, &clash);
	change->created = true;
	return audit(tx, change, change->kind == KIND_USER ? "external_user.add"
		: "external_team.add", err);
}

/* The row of the URL, if it is of this kind and below this team. */
static int load(struct tx *tx, struct change *change, struct err *err)
{
	struct external_actor *actor = &change->actor;

	external_actor_clear(actor);
	if (external_actor_get(tx, change->call->principal.organization_id, change->id, actor,
		    err) < 0)
		return err->code;
	if (!is_kind(actor, change->kind) ||
		(change->below_team && actor->team_id != change->call->team.id))
		return err_set(err, MORTISE_E_NOT_FOUND,
			"The requested resource does not exist");
	return change->kind == KIND_TEAM
		? access_team(tx, &change->call->principal, actor->team_id, err) : 0;
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_err struct err clash = {0};
	int result;

	if (load(tx, change, err) < 0 || merge(tx, change, &change->actor, err) < 0 ||
		check_free(tx, change, err) < 0)
		return err->code;
	result = external_actor_update(tx, &change->actor, change->now_us, &clash);
	if (result == MORTISE_E_CONFLICT)
		return taken(change, err);
	return result < 0 ? err_move(err, &clash) : audit(tx, change, change->kind == KIND_USER
		? "external_user.edit" : "external_team.edit", err);
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	if (load(tx, change, err) < 0 ||
		external_actor_delete(tx, change->actor.organization_id, change->id, err) < 0)
		return err->code;
	return audit(tx, change, change->kind == KIND_USER ? "external_user.remove"
		: "external_team.remove", err);
}

/* ---- Routes ---- */

static int run(struct api_call *call, enum kind kind, store_fn *fn, struct err *err)
{
	struct change change = {
		.call = call,
		.kind = kind,
		.below_team = http_param(call->request, "team") != NULL,
		.is_new = fn == create_in,
		.now_us = clock_now_us(),
	};
	int result = 0;

	if (!change.is_new)
		result = api_id(call, "id", &change.id, err);
	if (result == 0 && fn != delete_in)
		result = read_change(&change, err);
	if (result == 0)
		result = store_write(call->daemon->store, fn, &change, err);
	if (result == 0 && fn != delete_in) {
		call->status = change.created ? 201 : 200;
		call->reply = actor_json(&change.actor);
	}
	/* As Sentry answers what its index of names refuses. */
	if (result == MORTISE_E_CONFLICT) {
		call->status = 400;
		call->reply = json_pack("[s]", err_text(err));
		result = 0;
	}
	external_actor_clear(&change.actor);
	return result;
}

static int create_user(struct api_call *call, struct err *err)
{
	return run(call, KIND_USER, create_in, err);
}

static int update_user(struct api_call *call, struct err *err)
{
	return run(call, KIND_USER, update_in, err);
}

static int delete_user(struct api_call *call, struct err *err)
{
	return run(call, KIND_USER, delete_in, err);
}

static int create_team(struct api_call *call, struct err *err)
{
	return run(call, KIND_TEAM, create_in, err);
}

static int update_team(struct api_call *call, struct err *err)
{
	return run(call, KIND_TEAM, update_in, err);
}

static int delete_team(struct api_call *call, struct err *err)
{
	return run(call, KIND_TEAM, delete_in, err);
}

#define USERS "/api/0/organizations/{org}/external-users/"
#define ORGANIZATION_TEAMS "/api/0/organizations/{org}/external-teams/"
#define TEAM_TEAMS "/api/0/teams/{org}/{team}/external-teams/"

const struct api_route api_external_actor_routes[] = {
	{"POST", USERS, SCOPES_O_POST, API_BODY, create_user},
	{"PUT", USERS "{id}/", SCOPES_O_POST, API_BODY, update_user},
	{"DELETE", USERS "{id}/", SCOPES_O_POST, 0, delete_user},
	{"POST", ORGANIZATION_TEAMS, SCOPES_T_POST, API_BODY, create_team},
	{"PUT", ORGANIZATION_TEAMS "{id}/", SCOPES_T_POST, API_BODY, update_team},
	{"DELETE", ORGANIZATION_TEAMS "{id}/", SCOPES_T_DELETE, 0, delete_team},
	{"POST", TEAM_TEAMS, SCOPES_T_POST, API_BODY, create_team},
	{"PUT", TEAM_TEAMS "{id}/", SCOPES_T_POST, API_BODY, update_team},
	{"DELETE", TEAM_TEAMS "{id}/", SCOPES_T_DELETE, 0, delete_team},
	{0},
};
