/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* API tokens and sign-in links.  Only their keyed hashes are kept. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <string.h>

#include <sodium.h>

#include "core/access/access.h"
#include "core/access/token.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/api_token.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/session.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

#define HASH_SIZE 65
#define LINK_LIFE_US (INT64_C(600) * 1000000)
#define DAY_US (INT64_C(86400) * 1000000)

struct work {
	const json_t *parameters;
	struct token_new token;
	char hash[HASH_SIZE];      /* of a sign-in link */
	int64_t now_us, limit, id, expires_at_us;
	json_t *list;
};

static int find_organization_id(struct tx *tx, const char *slug, int64_t *ret_id, struct err *err)
{
	struct organization organization;
	int result = organization_find(tx, slug, &organization, err);

	if (result < 0) {
		err_prefix(err, "organization \"%s\": ", slug);
		return result;
	}
	*ret_id = organization.id;
	organization_clear(&organization);
	return 0;
}

/* ---- Making a token ---- */

static int parse_scopes(const json_t *parameters, uint64_t *ret_scopes, struct err *err)
{
	const json_t *names = json_object_get(parameters, "scopes");
	uint64_t scopes = 0;
	json_t *name;
	size_t index;

	json_array_foreach(names, index, name) {
		uint64_t scope = access_scope_parse(json_string_value(name));

		if (scope == 0)
			return err_field(err, "scopes",
				"\"%s\" is no scope; scopes are like org:read or "
				"org:integrations", json_string_value(name));
		scopes |= scope;
	}
	if (scopes == 0)
		return err_field(err, "scopes", "a token needs at least one scope");
	*ret_scopes = scopes;
	return 0;
}

static int parse_expiry(const json_t *parameters, int64_t now_us, int64_t *ret_at_us,
	struct err *err)
{
	const json_t *days = json_object_get(parameters, "expires_days");
	json_int_t number = json_integer_value(days);

	*ret_at_us = 0;
	if (!json_is_integer(days))
		return 0;
	if (number < 1 || number > TOKEN_DAYS_MAX)
		return err_field(err, "expires_days", "use 1 to %d days", TOKEN_DAYS_MAX);
	*ret_at_us = now_us + number * DAY_US;
	return 0;
}

/* The account of a member, by its address. */
static int find_account(struct tx *tx, int64_t organization_id, const char *email,
	int64_t *ret_id, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_member struct member member = {0};

	if (account_find(tx, email, &account, err) < 0 ||
		member_find(tx, organization_id, account.id, &member, err) < 0) {
		err_prefix(err, "\"%s\": ", email);
		return err->code;
	}
	*ret_id = account.id;
	return 0;
}

static int insert_token(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *user = admin_text(work->parameters, "user");
	int result = find_organization_id(tx, admin_text(work->parameters, "org"),
		&work->token.organization_id, err);

	if (result == 0 && user)
		result = find_account(tx, work->token.organization_id, user,
			&work->token.account_id, err);
	return result < 0 ? result : token_insert(tx, &work->token, &work->id, err);
}

static int run_token_create(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.parameters = parameters, .now_us = clock_now_us()};
	const char *name = admin_text(parameters, "name");
	int result = parse_scopes(parameters, &work.token.scopes, err);

	if (result == 0)
		result = parse_expiry(parameters, work.now_us, &work.token.expires_at_us, err);
	if (result < 0)
		return result;
	work.token.name = name ? name : "";
	work.token.now_us = work.now_us;
	work.token.origin = ADMIN_ORIGIN;
	token_prepare(daemon, &work.token);
	result = store_write(daemon->store, insert_token, &work, err);
	if (result == 0)
		*ret_result = json_pack("{s:o, s:s}", "id", admin_id_json(work.id), "token",
			work.token.secret);
	token_forget(&work.token);
	return result;
}

/* ---- Listing and revoking ---- */

static int list_tokens(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *org = admin_text(work->parameters, "org");
	struct api_token *list;
	int64_t organization = 0;
	size_t len;
	int result = org ? find_organization_id(tx, org, &organization, err) : 0;

	if (result == 0)
		result = api_token_list(tx, organization, work->limit, &list, &len, err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(work->list, json_pack(
			"{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
			"id", admin_id_json(list[i].id),
			"organization", admin_id_json(list[i].organization_id),
			"user", list[i].account_id ? admin_id_json(list[i].account_id)
						   : json_null(),
			"name", list[i].name, "ends_with", list[i].last_characters,
			"scopes", access_scope_names(list[i].scopes),
			"added", admin_time_json(list[i].added_at_us),
			"expires", admin_time_json(list[i].expires_at_us),
			"revoked", admin_time_json(list[i].revoked_at_us),
			"used", admin_time_json(list[i].used_at_us)));
	api_token_list_free(list, len);
	return 0;
}

static int run_token_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.parameters = parameters, .limit = admin_limit(parameters),
		.list = json_array()};
	int result = store_read(daemon->store, list_tokens, &work, err);

	if (result == 0)
		*ret_result = json_pack("{s:O}", "tokens", work.list);
	json_decref(work.list);
	return result;
}

static int revoke_token(struct tx *tx, void *arg, struct err *err)
{
	const struct work *work = arg;
	cleanup_api_token struct api_token token = {0};

	if (api_token_get(tx, work->id, &token, err) < 0)
		return err->code;
	return token_revoke(tx, &token, ADMIN_ORIGIN, work->now_us, err);
}

static int run_token_revoke(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.now_us = clock_now_us()};
	int result = admin_id(parameters, "id", &work.id, err);

	(void)ret_result;
	return result < 0 ? result : store_write(daemon->store, revoke_token, &work, err);
}

/* ---- Sign-in links ---- */

static int insert_link(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const char *email = admin_text(work->parameters, "email");
	struct account account;
	struct login login = {0};
	int result = account_find(tx, email, &account, err);

	if (result < 0) {
		err_prefix(err, "\"%s\": ", email);
		return result;
	}
	login.account_id = account.id;
	result = login_link_insert(tx, work->hash, &login, work->now_us,
		work->expires_at_us, err);
	account_clear(&account);
	return result;
}

static int run_login_link(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.parameters = parameters, .now_us = clock_now_us()};
	cleanup_free char *url = NULL;
	char secret[ACCESS_SECRET_SIZE];
	int result;

	work.expires_at_us = work.now_us + LINK_LIFE_US;
	access_secret_make(ACCESS_PREFIX_LINK, secret);
	vault_token_hash(daemon->vault, secret, work.hash);
	result = store_write(daemon->store, insert_link, &work, err);
	if (result == 0) {
		/* The fragment stays in the browser: it is in no log and no Referer. */
		url = xasprintf("%s/console/#token=%s", daemon->settings->public_url, secret);
		*ret_result = json_pack("{s:s, s:o}", "url", url,
			"expires", admin_time_json(work.expires_at_us));
		sodium_memzero(url, strlen(url));
	}
	sodium_memzero(secret, sizeof(secret));
	return result;
}

const struct admin_method admin_token_methods[] = {
	{.name = "TokenCreate", .level = ADMIN_ADMIN,
		.in = "(org: string, scopes: []string, user: ?string, name: ?string, "
		      "expires_days: ?int)",
		.out = "(id: string, token: string)",
		.help = "Make an API token; it is shown only now", .run = run_token_create},
	{.name = "TokenList", .level = ADMIN_READ, .in = "(org: ?string, limit: ?int)",
		.out = "(tokens: [](id: string, organization: string, user: ?string, name: string, "
		       "ends_with: string, scopes: []string, added: string, expires: ?string, "
		       "revoked: ?string, used: ?string))",
		.help = "API tokens, without the secrets", .run = run_token_list},
	{.name = "TokenRevoke", .level = ADMIN_ADMIN, .in = "(id: string)", .out = "()",
		.help = "End an API token", .run = run_token_revoke},
	{.name = "LoginLink", .level = ADMIN_ADMIN, .in = "(email: string)",
		.out = "(url: string, expires: string)",
		.help = "Make a link that signs a user in, once, within ten minutes",
		.run = run_login_link},
	{0},
};
