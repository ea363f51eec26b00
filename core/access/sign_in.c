/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Signing in: a link that works once, for ten minutes, becomes a browser session.
 * Workers.
 */
#include "config.h"
#include "core/access/access.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/access/cookie.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/audit.h"
#include "core/storage/member.h"
#include "core/storage/session.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

#define LINK_LIFE_US (INT64_C(600) * 1000000)
#define SESSION_LIFE_S (7 * 24 * 3600)

struct sign_in {
	char link_hash[65], session_hash[65], csrf_hash[65];
	struct login login;
	const struct member *member;       /* for whom a link is made, */
	const char *origin;                /* and by whom */
	int64_t now_us;
	int64_t session_id;
	struct account account;
};

static int link_in(struct tx *tx, void *arg, struct err *err)
{
	const struct sign_in *sign_in = arg;

	if (login_link_insert(tx, sign_in->link_hash, &sign_in->login, sign_in->now_us,
		    sign_in->now_us + LINK_LIFE_US, err) < 0)
		return err->code;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = sign_in->login.organization_id,
		.origin = sign_in->origin,
		.event = "member.login-link",
		.kind = "member",
		.id = sign_in->member->id,
		.now_us = sign_in->now_us,
	}, err);
}

int access_link_make(struct daemon *daemon, const struct member *member, const char *origin,
	char **ret_url, struct err *err)
{
	struct sign_in sign_in = {
		.login = {member->account_id, member->organization_id},
		.member = member,
		.origin = origin,
		.now_us = clock_now_us(),
	};
	char link[ACCESS_SECRET_SIZE];

	access_secret_make(ACCESS_PREFIX_LINK, link);
	vault_token_hash(daemon->vault, link, sign_in.link_hash);
	if (store_write(daemon->store, link_in, &sign_in, err) < 0)
		return err->code;
	/* In the fragment, so that it reaches no server, proxy or log. */
	*ret_url = xasprintf("%s/console/#token=%s", daemon->settings->public_url, link);
	sodium_memzero(link, sizeof(link));
	return 0;
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct sign_in *sign_in = arg;

	account_clear(&sign_in->account);
	if (login_link_find(tx, sign_in->link_hash, sign_in->now_us, &sign_in->login, err) < 0)
		return err->code;
	return account_get(tx, sign_in->login.account_id, &sign_in->account, err);
}

int access_link_show(struct daemon *daemon, const char *link, struct account *ret_account,
	struct err *err)
{
	struct sign_in sign_in = {.now_us = clock_now_us()};

	vault_token_hash(daemon->vault, link, sign_in.link_hash);
	if (store_read(daemon->store, show_in, &sign_in, err) < 0) {
		account_clear(&sign_in.account);
		return err->code;
	}
	*ret_account = sign_in.account;
	return 0;
}

static int sign_in_in(struct tx *tx, void *arg, struct err *err)
{
	struct sign_in *sign_in = arg;

	account_clear(&sign_in->account);
	if (login_link_take(tx, sign_in->link_hash, sign_in->now_us, &sign_in->login, err) < 0 ||
		account_get(tx, sign_in->login.account_id, &sign_in->account, err) < 0)
		return err->code;
	return session_insert(tx, sign_in->session_hash, sign_in->csrf_hash, &sign_in->login,
		sign_in->now_us, sign_in->now_us + SESSION_LIFE_S * INT64_C(1000000),
		&sign_in->session_id, err);
}

int access_sign_in(struct daemon *daemon, const char *link, char ret_session[ACCESS_SECRET_SIZE],
	struct account *ret_account, struct err *err)
{
	struct sign_in sign_in = {.now_us = clock_now_us()};
	char csrf[ACCESS_CSRF_SIZE];

	access_secret_make(ACCESS_PREFIX_SESSION, ret_session);
	access_csrf(daemon, NULL, ret_session, csrf);
	vault_token_hash(daemon->vault, link, sign_in.link_hash);
	vault_token_hash(daemon->vault, ret_session, sign_in.session_hash);
	vault_token_hash(daemon->vault, csrf, sign_in.csrf_hash);
	if (store_write(daemon->store, sign_in_in, &sign_in, err) < 0) {
		account_clear(&sign_in.account);
		log_limited(MORTISE_LOG_NOTICE, "access.refused", LOG_TEXT("reason", "link"));
		return err->code;
	}
	log_info("access.signed_in", LOG_INT("user", sign_in.login.account_id),
		LOG_INT("organization", sign_in.login.organization_id));
	*ret_account = sign_in.account;
	return 0;
}

static int sign_out_in(struct tx *tx, void *arg, struct err *err)
{
	return session_delete(tx, *(const int64_t *)arg, err);
}

int access_sign_out(struct daemon *daemon, const struct principal *principal, struct err *err)
{
	int64_t session_id = principal->token_id;

	if (principal->kind != PRINCIPAL_SESSION)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"this request does not ride on a session; there is nothing to sign out of");
	return store_write(daemon->store, sign_out_in, &session_id, err);
}

void access_set_cookie(struct daemon *daemon, struct http_request *request, const char *session)
{
	cleanup_free char *cookie = cookie_make(daemon->settings->public_url, ACCESS_COOKIE,
		session ? session : "", session ? SESSION_LIFE_S : 0);

	http_reply_header(request, "Set-Cookie", cookie);
	sodium_memzero(cookie, strlen(cookie));
}
