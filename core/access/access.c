/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who sent a request, and what they may do in its organization.  Workers.
 *
 * Tokens and sessions are looked up by a keyed hash, so neither the store nor a timing
 * of its index tells one.  A session's CSRF token is derived from the session's secret
 * with the same key: a page that was reloaded can have it again, a foreign page cannot.
 */
#include "config.h"
#include "core/access/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/api_token.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/session.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"
#include "core/access/cookie.h"

#define TOUCH_EVERY_US (INT64_C(3600) * 1000000)
#define MAX_SECRET 200

static int refuse(struct err *err, const char *reason, const char *text)
{
	log_limited(MORTISE_LOG_NOTICE, "access.refused", LOG_TEXT("reason", reason));
	return err_set(err, MORTISE_E_IDENTITY, "%s", text);
}

/* ---- Bearer tokens ---- */

struct token_read {
	char hash[65];
	struct api_token token;
};

static int token_in(struct tx *tx, void *arg, struct err *err)
{
	struct token_read *read = arg;

	api_token_clear(&read->token);
	return api_token_find(tx, read->hash, &read->token, err);
}

struct touch {
	int64_t id, now_us;
};

static int touch_in(struct tx *tx, void *arg, struct err *err)
{
	const struct touch *touch = arg;

	return api_token_touch(tx, touch->id, touch->now_us, err);
}

static void touch_done(int result, struct err *err, void *arg)
{
	(void)result;
	(void)err;
	free(arg);
}

/* Remember about when it was used, for who wonders whether it can be revoked. */
static void token_touch(struct daemon *daemon, const struct api_token *token, int64_t now_us)
{
	cleanup_err struct err ignored = {0};
	struct touch *touch;

	if (now_us - token->used_at_us < TOUCH_EVERY_US)
		return;
	touch = new(struct touch);
	*touch = (struct touch){token->id, now_us};
	if (store_write_async(daemon->store, touch_in, touch, 64, touch_done, &ignored) < 0)
		free(touch);
}

static int authenticate_token(struct daemon *daemon, const char *secret,
	struct principal *ret_principal, struct err *err)
{
	static const char bad[] = "Invalid token.";
	struct token_read read = {0};
	cleanup_err struct err missing = {0};
	int64_t now_us = clock_now_us();
	struct api_token *token = &read.token;
	int result;

	vault_token_hash(daemon->vault, secret, read.hash);
	result = store_read(daemon->store, token_in, &read, &missing);
	if (result == MORTISE_E_NOT_FOUND)
		return refuse(err, "token", bad);
	if (result < 0)
		return err_move(err, &missing);
	if (token->revoked_at_us != 0) {
		result = refuse(err, "revoked", bad);
	} else if (token->expires_at_us != 0 && token->expires_at_us <= now_us) {
		result = refuse(err, "expired", "The token has expired.");
	} else {
		*ret_principal = (struct principal){
			.kind = PRINCIPAL_TOKEN,
			.token_id = token->id,
			.user_id = token->account_id,
			.organization_id = token->organization_id,
			.scopes = token->scopes,
		};
		snprintf(ret_principal->origin, sizeof(ret_principal->origin), "token:%" PRId64,
			token->id);
		token_touch(daemon, token, now_us);
	}
	api_token_clear(token);
	return result;
}

/* ---- Sessions ---- */

struct session_read {
	char hash[65];
	struct session session;
};

static int session_in(struct tx *tx, void *arg, struct err *err)
{
	struct session_read *read = arg;

	session_clear(&read->session);
	return session_find(tx, read->hash, &read->session, err);
}

static void csrf_of(struct daemon *daemon, const char *session, char ret_csrf[ACCESS_CSRF_SIZE])
{
	cleanup_free char *text = xasprintf("csrf:%s", session);

	vault_token_hash(daemon->vault, text, ret_csrf);
}

/* A request that may change something shows the CSRF token; comparing hashes takes the
 * same time whatever it is. */
static int csrf_check(struct daemon *daemon, struct http_request *request,
	const struct session *session, struct err *err)
{
	const char *method = http_method(request);
	const char *given = http_header(request, "X-CSRF-Token");
	char hash[65];

	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return 0;
	if (given && strlen(session->csrf_hash) == sizeof(hash) - 1) {
		vault_token_hash(daemon->vault, given, hash);
		if (sodium_memcmp(hash, session->csrf_hash, sizeof(hash)) == 0)
			return 0;
	}
	log_limited(MORTISE_LOG_NOTICE, "access.refused", LOG_TEXT("reason", "csrf"));
	return err_set(err, MORTISE_E_FORBIDDEN,
		"CSRF Failed: send the session's token in the header X-CSRF-Token");
}

static int authenticate_session(struct daemon *daemon, struct http_request *request,
	const char *secret, struct principal *ret_principal, struct err *err)
{
	static const char bad[] = "The session has ended; sign in again.";
	struct session_read read = {0};
	cleanup_err struct err missing = {0};
	int result;

	vault_token_hash(daemon->vault, secret, read.hash);
	result = store_read(daemon->store, session_in, &read, &missing);
	if (result == MORTISE_E_NOT_FOUND)
		return refuse(err, "session", bad);
	if (result < 0)
		return err_move(err, &missing);
	if (read.session.expires_at_us <= clock_now_us())
		result = refuse(err, "session", bad);
	else
		result = csrf_check(daemon, request, &read.session, err);
	if (result == 0) {
		*ret_principal = (struct principal){
			.kind = PRINCIPAL_SESSION,
			.token_id = read.session.id,
			.user_id = read.session.login.account_id,
			.organization_id = read.session.login.organization_id,
		};
		snprintf(ret_principal->origin, sizeof(ret_principal->origin), "user:%" PRId64,
			read.session.login.account_id);
	}
	session_clear(&read.session);
	return result;
}

int access_authenticate(struct daemon *daemon, struct http_request *request,
	struct principal *ret_principal, struct err *err)
{
	const char *header = http_header(request, "Authorization");
	char session[ACCESS_SECRET_SIZE];

	if (header) {
		if (strncasecmp(header, "Bearer ", 7) != 0)
			return refuse(err, "scheme", "Use the header Authorization: Bearer TOKEN.");
		header += 7 + strspn(header + 7, " ");
		if (!*header || strlen(header) > MAX_SECRET)
			return refuse(err, "token", "Invalid token.");
		return authenticate_token(daemon, header, ret_principal, err);
	}
	if (cookie_find(http_header(request, "Cookie"), ACCESS_COOKIE, session, sizeof(session)))
		return authenticate_session(daemon, request, session, ret_principal, err);
	return err_set(err, MORTISE_E_IDENTITY, "Authentication credentials were not provided.");
}

bool access_csrf(struct daemon *daemon, struct http_request *request, const char *session,
	char ret_csrf[ACCESS_CSRF_SIZE])
{
	char found[ACCESS_SECRET_SIZE];

	if (!session) {
		if (!cookie_find(http_header(request, "Cookie"), ACCESS_COOKIE, found,
			    sizeof(found)))
			return false;
		session = found;
	}
	csrf_of(daemon, session, ret_csrf);
	return true;
}

/* ---- Organizations ---- */

struct organization_read {
	const char *name;
	const struct principal *principal;
	int64_t id;
	uint64_t scopes;
};

/* The scopes of an account's role; E_NOT_FOUND if it is no member. */
static int role_scopes(struct tx *tx, int64_t organization_id, int64_t account_id,
	uint64_t *ret_scopes, struct err *err)
{
	cleanup_member struct member member = {0};

	if (member_find(tx, organization_id, account_id, &member, err) < 0)
		return err->code;
	*ret_scopes = access_role_scopes(member.role);
	return 0;
}

static int organization_in(struct tx *tx, void *arg, struct err *err)
{
	struct organization_read *read = arg;
	const struct principal *principal = read->principal;
	cleanup_organization struct organization found = {0};
	uint64_t role = ~UINT64_C(0);

	if (organization_find(tx, read->name, &found, err) < 0)
		return err->code;
	if (principal->organization_id && principal->organization_id != found.id)
		return err_set(err, MORTISE_E_NOT_FOUND, "not a part of this organization");
	if (principal->user_id &&
		role_scopes(tx, found.id, principal->user_id, &role, err) < 0)
		return err->code;
	read->id = found.id;
	/* A person's token can do no more than the person. */
	read->scopes = principal->kind == PRINCIPAL_TOKEN ? principal->scopes & role : role;
	return 0;
}

int access_organization(struct daemon *daemon, struct principal *principal, const char *org,
	uint64_t any_of, struct err *err)
{
	struct organization_read read = {.name = org, .principal = principal};
	cleanup_err struct err missing = {0};
	int result = store_read(daemon->store, organization_in, &read, &missing);

	/* Whether it exists is nobody's business who has no part in it. */
	if (result == MORTISE_E_NOT_FOUND)
		return err_set(err, result, "The requested resource does not exist");
	if (result < 0)
		return err_move(err, &missing);
	principal->organization_id = read.id;
	principal->scopes = read.scopes;
	if (any_of != 0 && (read.scopes & any_of) == 0)
		return err_set(err, MORTISE_E_FORBIDDEN,
			"You do not have permission to perform this action.");
	return 0;
}

static int origin_scopes(struct tx *tx, const char *origin, int64_t organization_id,
	int64_t now_us, uint64_t *ret_scopes, struct err *err)
{
	cleanup_api_token struct api_token token = {0};
	uint64_t role = ~UINT64_C(0);

	if (strncmp(origin, "user:", 5) == 0)
		return role_scopes(tx, organization_id, atoll(origin + 5), ret_scopes, err);
	if (strncmp(origin, "token:", 6) != 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "no user and no token");
	if (api_token_get(tx, atoll(origin + 6), &token, err) < 0)
		return err->code;
	if (token.revoked_at_us != 0 || (token.expires_at_us != 0 && token.expires_at_us <= now_us) ||
		token.organization_id != organization_id)
		return err_set(err, MORTISE_E_NOT_FOUND, "the token has ended");
	if (token.account_id &&
		role_scopes(tx, organization_id, token.account_id, &role, err) < 0)
		return err->code;
	*ret_scopes = token.scopes & role;
	return 0;
}

int access_still(struct tx *tx, const char *origin, int64_t organization_id, uint64_t any_of,
	int64_t now_us, struct err *err)
{
	cleanup_err struct err missing = {0};
	uint64_t scopes = 0;
	int result = origin_scopes(tx, origin, organization_id, now_us, &scopes, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if ((scopes & any_of) == 0)
		return err_set(err, MORTISE_E_FORBIDDEN,
			"who began this is not allowed to do it any more");
	return 0;
}
