/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * API tokens: a user's own below /api-tokens/, an organization's below its
 * org-auth-tokens/, in Sentry's shapes.  A secret is shown by the request that makes it,
 * and never again.
 *
 * Every token is for one organization, unlike a user's at Sentry: `organization` in the
 * body names it to a user of several.  `scopes` and `expiresInDays` are ours for
 * org-auth-tokens; without scopes a token has org:ci, as there.  Nobody gives a token more
 * than he may do himself, and an organization's reaches every project, so who makes one
 * must.  A user's tokens are made by signed-in users, and an organization's by those or
 * with org:admin: else a token that leaked could outlive its revocation by making another.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/access/token.h"
#include "core/api/body.h"
#include "core/api/cursor.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/api_token.h"
#include "core/storage/organization.h"
#include "core/storage/store.h"

#define SCOPES_MAX 64
#define NAMES_MAX 1024
#define DAY_US (INT64_C(86400) * 1000000)

enum owner { OWNER_USER, OWNER_ORGANIZATION };

struct ask {
	const struct api_call *call;
	struct principal principal;        /* in the organization that the body names */
	enum owner owner;
	struct keyset place;               /* of a list */
	int64_t id;                        /* of one */
	const char *organization;          /* in the body; NULL: none */
	const char *name;
	struct token_new token;
	int64_t now_us;
	/* Set anew at each run: */
	json_t *json;
	size_t len;                        /* rows that were read of a list */
	struct cursor_mark first, last;    /* of those that are shown */
};

static json_t *token_json(const struct api_token *token)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:n, s:n}",
		"id", api_id_json(token->id), "name", token->name,
		"tokenLastCharacters", token->last_characters,
		"scopes", access_scope_names(token->scopes),
		"organizationId", api_id_json(token->organization_id),
		"dateCreated", api_time(token->added_at_us),
		"dateLastUsed", api_time(token->used_at_us),
		"expiresAt", api_time(token->expires_at_us), "projectLastUsedId", "application");
}

/* A user's tokens are for a user: an organization's token has none. */
static int ask_begin(struct api_call *call, enum owner owner, struct ask *ret_ask, struct err *err)
{
	*ret_ask = (struct ask){
		.call = call,
		.principal = call->principal,
		.owner = owner,
		.now_us = clock_now_us(),
	};
	if (owner == OWNER_USER && !call->principal.user_id)
		return err_refuse(err, "This token is an organization's own: it acts for no user, "
			"who could have tokens.");
	return 0;
}

static int answer(struct api_call *call, struct ask *ask, int result)
{
	if (result < 0) {
		json_decref(ask->json);
		return result;
	}
	call->reply = ask->json;
	return 0;
}

/* ---- Lists ---- */

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	struct api_token *rows;
	size_t shown;

	if (api_token_list_standing(tx, ask->principal.organization_id,
		    ask->owner == OWNER_USER ? ask->principal.user_id : 0, &ask->place, &rows,
		    &ask->len, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = json_array();
	shown = api_keyset_shown(&ask->place, ask->len);
	for (size_t i = 0; i < shown; i++) {
		const struct api_token *row = &rows[api_keyset_row(&ask->place, shown, i)];

		json_array_append_new(ask->json, token_json(row));
		ask->last = (struct cursor_mark){.id = row->id};
		if (i == 0)
			ask->first = ask->last;
	}
	api_token_list_free(rows, ask->len);
	return 0;
}

static int list(struct api_call *call, enum owner owner, struct err *err)
{
	struct ask ask;
	int result = ask_begin(call, owner, &ask, err);

	if (result == 0)
		result = api_keyset_read(call, KEYSET_UP, &ask.place, err);
	if (result == 0)
		result = store_read(call->daemon->store, list_in, &ask, err);
	if (result == 0)
		api_keyset_answer(call, &ask.place, ask.len, ask.len > 0 ? &ask.first : NULL,
			ask.len > 0 ? &ask.last : NULL);
	return answer(call, &ask, result);
}

/* ---- One ---- */

static int find(struct tx *tx, const struct ask *ask, struct api_token *ret_token, struct err *err)
{
	const struct principal *principal = &ask->principal;
	cleanup_api_token struct api_token token = {0};
	cleanup_err struct err missing = {0};
	int result = api_token_get(tx, ask->id, &token, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || token.revoked_at_us != 0 ||
		(principal->organization_id && token.organization_id != principal->organization_id) ||
		token.account_id != (ask->owner == OWNER_USER ? principal->user_id : 0))
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	*ret_token = token;
	token = (struct api_token){0};
	return 0;
}

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_api_token struct api_token token = {0};

	if (find(tx, ask, &token, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = token_json(&token);
	return 0;
}

static int rename_in(struct tx *tx, void *arg, struct err *err)
{
	const struct ask *ask = arg;
	cleanup_api_token struct api_token token = {0};

	if (find(tx, ask, &token, err) < 0)
		return err->code;
	return token_rename(tx, &token, ask->name, ask->principal.origin, ask->now_us, err);
}

static int revoke_in(struct tx *tx, void *arg, struct err *err)
{
	const struct ask *ask = arg;
	cleanup_api_token struct api_token token = {0};

	if (find(tx, ask, &token, err) < 0)
		return err->code;
	return token_revoke(tx, &token, ask->principal.origin, ask->now_us, err);
}

static int get(struct api_call *call, enum owner owner, struct err *err)
{
	struct ask ask;
	int result = ask_begin(call, owner, &ask, err);

	if (result == 0)
		result = api_id(call, "token", &ask.id, err);
	if (result == 0)
		result = store_read(call->daemon->store, get_in, &ask, err);
	return answer(call, &ask, result);
}

static int put(struct api_call *call, enum owner owner, struct err *err)
{
	const struct body body = {call->body, .err = err};
	struct ask ask;
	int result = ask_begin(call, owner, &ask, err);

	if (result == 0)
		result = api_id(call, "token", &ask.id, err);
	if (result < 0)
		return result;
	ask.name = body_text(&body, "name", TOKEN_NAME_MAX, BODY_REQUIRED);
	return err->code < 0 ? err->code : store_write(call->daemon->store, rename_in, &ask, err);
}

static int delete(struct api_call *call, enum owner owner, struct err *err)
{
	struct ask ask;
	int result = ask_begin(call, owner, &ask, err);

	if (result == 0)
		result = api_id(call, "token", &ask.id, err);
	return result < 0 ? result : store_write(call->daemon->store, revoke_in, &ask, err);
}

/* ---- A new one ---- */

/* The scopes that are named; org:ci if none are. */
static uint64_t read_scopes(const struct body *body, enum owner owner)
{
	json_t *names = body_list(body, "scopes", JSON_STRING, SCOPES_MAX,
		owner == OWNER_USER ? BODY_REQUIRED : 0);
	uint64_t scopes = 0;
	json_t *name;
	size_t i;

	if (!names && owner == OWNER_ORGANIZATION)
		return SCOPE_ORG_CI;
	json_array_foreach(names, i, name) {
		uint64_t scope = access_scope_parse(json_string_value(name));

		if (!scope)
			err_field(body->err, "scopes", "\"%.64s\" is no scope; scopes are like "
				"org:read or project:releases.", json_string_value(name));
		scopes |= scope;
	}
	if (names && json_array_size(names) == 0)
		err_field(body->err, "scopes", "A token needs at least one scope.");
	return scopes;
}

static int read_new(struct ask *ask, struct err *err)
{
	const struct body body = {ask->call->body, .err = err};
	int64_t days;

	ask->token.name = body_text(&body, "name", TOKEN_NAME_MAX,
		ask->owner == OWNER_ORGANIZATION ? BODY_REQUIRED : 0);
	if (!ask->token.name)
		ask->token.name = "";
	ask->token.scopes = read_scopes(&body, ask->owner);
	days = body_int(&body, "expiresInDays", 1, TOKEN_DAYS_MAX, 0);
	if (ask->owner == OWNER_USER)
		ask->organization = body_text(&body, "organization", 50, 0);
	ask->token.now_us = ask->now_us;
	ask->token.expires_at_us = days ? ask->now_us + days * DAY_US : 0;
	ask->token.origin = ask->principal.origin;
	return err->code;
}

/* Whose organization a user's token is for: the only one, unless it is named. */
static int choose_organization(struct tx *tx, struct ask *ask, struct err *err)
{
	cleanup_err struct err missing = {0};
	struct organization *list;
	char id[24];
	size_t len;
	int result;

	if (!ask->organization && ask->principal.organization_id)
		return 0;
	if (ask->organization) {
		result = access_organization(tx, &ask->principal, ask->organization, &missing);
		if (result == MORTISE_E_NOT_FOUND)
			return err_field(err, "organization", "You belong to no such organization.");
		return result < 0 ? err_move(err, &missing) : 0;
	}
	if (organization_list(tx, ask->principal.user_id, &KEYSET_FIRST(2), &list, &len, err) < 0)
		return err->code;
	snprintf(id, sizeof(id), "%" PRId64, len == 1 ? list[0].id : 0);
	organization_list_free(list, len);
	return len == 1 ? access_organization(tx, &ask->principal, id, err)
		: err_field(err, "organization", "Name the organization that the token is for.");
}

/* Nobody gives more than he has. */
static int check_grant(const struct ask *ask, struct err *err)
{
	uint64_t lacking = access_scopes_lacking(ask->principal.scopes, ask->token.scopes);
	cleanup_json json_t *names = NULL;
	cleanup_buf struct buf text = BUF(NAMES_MAX);
	json_t *name;
	size_t i;

	if (ask->owner == OWNER_ORGANIZATION && !ask->principal.every_project)
		return err_refuse(err, "An organization's token reaches every project, which you "
			"do not.");
	if (lacking == 0)
		return 0;
	names = access_scope_names(lacking);
	json_array_foreach(names, i, name)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
	return err_field(err, "scopes", "You may not give what you do not have: %s.",
		buf_text(&text));
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_api_token struct api_token token = {0};
	int64_t id;

	ask->principal = ask->call->principal;
	if ((ask->owner == OWNER_USER && choose_organization(tx, ask, err) < 0) ||
		check_grant(ask, err) < 0)
		return err->code;
	ask->token.organization_id = ask->principal.organization_id;
	ask->token.account_id = ask->owner == OWNER_USER ? ask->principal.user_id : 0;
	if (token_insert(tx, &ask->token, &id, err) < 0 || api_token_get(tx, id, &token, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = token_json(&token);
	return 0;
}

static int may_make(const struct api_call *call, enum owner owner, struct err *err)
{
	if (call->principal.kind == PRINCIPAL_SESSION)
		return 0;
	if (owner == OWNER_USER)
		return err_refuse(err, "Tokens of users are made by signed-in users, in the console.");
	return call->principal.scopes & SCOPE_ORG_ADMIN ? 0
		: err_refuse(err, "A token makes tokens with org:admin only.");
}

static int create(struct api_call *call, enum owner owner, struct err *err)
{
	struct ask ask;
	int result = ask_begin(call, owner, &ask, err);

	if (result < 0 || may_make(call, owner, err) < 0 || read_new(&ask, err) < 0)
		return err->code;
	token_prepare(call->daemon, &ask.token);
	result = store_write(call->daemon->store, create_in, &ask, err);
	if (result == 0)
		json_object_set_new(ask.json, "token", json_string(ask.token.secret));
	token_forget(&ask.token);
	call->status = 201;
	return answer(call, &ask, result);
}

/* ---- Routes ---- */

static int user_list(struct api_call *call, struct err *err)
{
	return list(call, OWNER_USER, err);
}

static int user_create(struct api_call *call, struct err *err)
{
	return create(call, OWNER_USER, err);
}

static int user_get(struct api_call *call, struct err *err)
{
	return get(call, OWNER_USER, err);
}

static int user_put(struct api_call *call, struct err *err)
{
	return put(call, OWNER_USER, err);
}

static int user_delete(struct api_call *call, struct err *err)
{
	return delete(call, OWNER_USER, err);
}

/* As Sentry's clients do it: the body says which. */
static int user_delete_named(struct api_call *call, struct err *err)
{
	const struct body body = {call->body, .err = err};
	struct ask ask;

	if (ask_begin(call, OWNER_USER, &ask, err) < 0)
		return err->code;
	ask.id = body_id(&body, "tokenId", BODY_REQUIRED);
	return err->code < 0 ? err->code : store_write(call->daemon->store, revoke_in, &ask, err);
}

static int own_list(struct api_call *call, struct err *err)
{
	return list(call, OWNER_ORGANIZATION, err);
}

static int own_create(struct api_call *call, struct err *err)
{
	return create(call, OWNER_ORGANIZATION, err);
}

static int own_get(struct api_call *call, struct err *err)
{
	return get(call, OWNER_ORGANIZATION, err);
}

static int own_put(struct api_call *call, struct err *err)
{
	return put(call, OWNER_ORGANIZATION, err);
}

static int own_delete(struct api_call *call, struct err *err)
{
	return delete(call, OWNER_ORGANIZATION, err);
}

#define USER "/api/0/api-tokens/"
#define OWN "/api/0/organizations/{org}/org-auth-tokens/"

const struct api_route api_token_routes[] = {
	{"GET", USER, 0, 0, user_list},
	{"POST", USER, 0, API_BODY | API_NO_STORE, user_create},
	{"DELETE", USER, 0, API_BODY, user_delete_named},
	{"GET", USER "{token}/", 0, 0, user_get},
	{"PUT", USER "{token}/", 0, API_BODY, user_put},
	{"DELETE", USER "{token}/", 0, 0, user_delete},
	{"GET", OWN, SCOPES_O_GET, 0, own_list},
	{"POST", OWN, SCOPES_O_GET, API_BODY | API_NO_STORE, own_create},
	{"GET", OWN "{token}/", SCOPES_O_GET, 0, own_get},
	{"PUT", OWN "{token}/", SCOPES_O_POST, API_BODY, own_put},
	{"DELETE", OWN "{token}/", SCOPES_O_POST, 0, own_delete},
	{0},
};
