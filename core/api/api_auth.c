/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* /api/0/ and /api/0/auth/…: what this is, who asks, signing in and out. */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/member.h"
#include "core/storage/store.h"

#define MAX_LINK 200
#define MAX_NAMES 1024

static json_t *account_json(const struct account *account)
{
	return json_pack("{s:o, s:s, s:s}", "id", api_id_json(account->id), "email",
		account->email, "name", account->name);
}

static int link_of(const struct api_call *call, const char **ret_link, struct err *err)
{
	const char *link = json_string_value(json_object_get(call->body, "token"));

	if (!link || !*link || strlen(link) > MAX_LINK)
		return err_field(err, "token", "This field is required.");
	*ret_link = link;
	return 0;
}

/* {"token", "preview": true} tells whose link it is and leaves it; {"token"} uses it up. */
static int login(struct api_call *call, struct err *err)
{
	cleanup_account struct account account = {0};
	char session[ACCESS_SECRET_SIZE], csrf[ACCESS_CSRF_SIZE];
	const char *link;

	if (link_of(call, &link, err) < 0)
		return err->code;
	if (json_is_true(json_object_get(call->body, "preview"))) {
		if (access_link_show(call->daemon, link, &account, err) < 0)
			return err->code;
		call->reply = json_pack("{s:o}", "account", account_json(&account));
		return 0;
	}
	if (access_sign_in(call->daemon, link, session, &account, err) < 0)
		return err->code;
	access_csrf(call->daemon, call->request, session, csrf);
	access_set_cookie(call->daemon, call->request, session);
	call->reply = json_pack("{s:s, s:o}", "csrf", csrf, "account", account_json(&account));
	return 0;
}

struct who {
	int64_t account_id;
	struct account account;
};

static int who_in(struct tx *tx, void *arg, struct err *err)
{
	struct who *who = arg;

	account_clear(&who->account);
	return who->account_id ? account_get(tx, who->account_id, &who->account, err) : 0;
}

/* Of whoever asks, if anybody in particular does: {"scopes"} and an account. */
static int root_who(struct api_call *call, json_t **ret_auth, json_t **ret_user, struct err *err)
{
	struct access access = {0};
	struct who who = {0};
	int result = access_admit(call->daemon, call->request, &(struct access_path){0}, &access,
		err);

	who.account_id = access.principal.user_id;
	if (result == 0)
		result = store_read(call->daemon->store, who_in, &who, err);
	if (result == 0) {
		*ret_auth = json_pack("{s:o}", "scopes",
			access_scope_names(access.principal.scopes));
		*ret_user = who.account.id ? account_json(&who.account) : json_null();
	}
	account_clear(&who.account);
	access_clear(&access);
	return result;
}

/* Anybody may ask; who brings a token is told what it is good for, or that it is not. */
static int api_root(struct api_call *call, struct err *err)
{
	json_t *auth = NULL, *user = NULL;

	if (http_header(call->request, "Authorization") && root_who(call, &auth, &user, err) < 0)
		return err->code;
	call->reply = json_pack("{s:s, s:s, s:s, s:o, s:o}", "version", "0", "product",
		call->daemon->settings->product_name, "mortise", PACKAGE_VERSION, "auth",
		auth ? auth : json_null(), "user", user ? user : json_null());
	return 0;
}

static int who_am_i(struct api_call *call, struct err *err)
{
	struct who who = {.account_id = call->principal.user_id};
	char csrf[ACCESS_CSRF_SIZE];

	if (store_read(call->daemon->store, who_in, &who, err) < 0)
		return err->code;
	call->reply = json_pack("{s:s, s:o}", "kind",
		call->principal.kind == PRINCIPAL_SESSION ? "session" : "token", "account",
		who.account.id ? account_json(&who.account) : json_null());
	account_clear(&who.account);
	if (call->principal.kind == PRINCIPAL_TOKEN)
		json_object_set_new(call->reply, "scopes",
			access_scope_names(call->principal.scopes));
	else if (access_csrf(call->daemon, call->request, NULL, csrf))
		json_object_set_new(call->reply, "csrf", json_string(csrf));
	return 0;
}

static int logout(struct api_call *call, struct err *err)
{
	if (access_sign_out(call->daemon, &call->principal, err) < 0)
		return err->code;
	access_set_cookie(call->daemon, call->request, NULL);
	return 0;
}

struct member_read {
	int64_t organization_id, id;
	struct member member;
};

static int member_in(struct tx *tx, void *arg, struct err *err)
{
	struct member_read *read = arg;

	member_clear(&read->member);
	return member_get(tx, read->organization_id, read->id, &read->member, err);
}

/* A session can do what its user's role can: a token signs nobody in who may do more
 * than the token itself. */
static int check_role(const struct principal *principal, const char *role, struct err *err)
{
	uint64_t lacking = access_scopes_lacking(principal->scopes, access_role_scopes(role));
	cleanup_json json_t *names = NULL;
	cleanup_buf struct buf text = BUF(MAX_NAMES);
	json_t *name;
	size_t i;

	if (lacking == 0)
		return 0;
	names = access_scope_names(lacking);
	json_array_foreach(names, i, name)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
	return err_refuse(err,
		"this token may not sign in a member whose role (%s) can do more than it: it "
		"lacks %s", role, buf_text(&text));
}

/* For the host application: let one of its users in without another password.  A token
 * that may change members may; a browser session may not give sessions away.  The link
 * opens this organization only, whatever else the user belongs to. */
static int member_link(struct api_call *call, struct err *err)
{
	struct member_read read = {.organization_id = call->principal.organization_id};
	cleanup_free char *url = NULL;
	int result;

	if (call->principal.kind != PRINCIPAL_TOKEN)
		return err_refuse(err,
			"sign-in links are given out to API tokens only");
	if (api_id(call, "member", &read.id, err) < 0)
		return err->code;
	result = store_read(call->daemon->store, member_in, &read, err);
	if (result == 0)
		result = check_role(&call->principal, read.member.role, err);
	if (result == 0)
		result = access_link_make(call->daemon, &read.member, call->principal.origin,
			&url, err);
	member_clear(&read.member);
	if (result < 0)
		return result;
	call->status = 201;
	call->reply = json_pack("{s:s}", "url", url);
	return 0;
}

const struct api_route api_auth_routes[] = {
	{"GET", "/api/0/", 0, API_PUBLIC, api_root},
	{"POST", "/api/0/auth/login-link/", 0, API_PUBLIC | API_BODY | API_NO_STORE, login},
	{"GET", "/api/0/auth/", 0, API_NO_STORE, who_am_i},
	{"DELETE", "/api/0/auth/", 0, API_NO_STORE, logout},
	{"POST", "/api/0/organizations/{org}/members/{member}/login-link/", SCOPE_MEMBER_ADMIN,
		API_NO_STORE, member_link},
	{0},
};
