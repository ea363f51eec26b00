/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens and sessions are looked up by a keyed hash, so neither the store nor a timing
 * of its index tells one.  A session's CSRF token is derived from the session's secret
 * with the same key: a page that was reloaded can have it again, a foreign page cannot.
 */
#include "config.h"
#include "core/access/credentials.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/access/cookie.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/api_token.h"
#include "core/storage/session.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

#define TOUCH_EVERY_US (INT64_C(3600) * 1000000)
#define MAX_SECRET 200

static int refuse(struct credentials *credentials, const char *reason, const char *text,
	struct err *err)
{
	credentials->refusal = reason;
	return err_set(err, MORTISE_E_IDENTITY, "%s", text);
}

/* ---- What was sent ---- */

static int read_header(struct daemon *daemon, const char *header,
	struct credentials *credentials, struct err *err)
{
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return refuse(credentials, "scheme",
			"Use the header Authorization: Bearer TOKEN.", err);
	header += 7 + strspn(header + 7, " ");
	if (!*header || strlen(header) > MAX_SECRET)
		return refuse(credentials, "token", "Invalid token.", err);
	credentials->kind = PRINCIPAL_TOKEN;
	vault_token_hash(daemon->vault, header, credentials->hash);
	return 0;
}

static void read_session(struct daemon *daemon, struct http_request *request,
	const char *session, struct credentials *credentials)
{
	const char *method = http_method(request);
	const char *csrf = http_header(request, "X-CSRF-Token");

	credentials->kind = PRINCIPAL_SESSION;
	credentials->changes = strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
	vault_token_hash(daemon->vault, session, credentials->hash);
	if (csrf)
		vault_token_hash(daemon->vault, csrf, credentials->csrf_hash);
}

int credentials_read(struct daemon *daemon, struct http_request *request,
	struct credentials *ret_credentials, struct err *err)
{
	const char *header = http_header(request, "Authorization");
	char session[ACCESS_SECRET_SIZE];

	*ret_credentials = (struct credentials){.now_us = clock_now_us()};
	if (header)
		return read_header(daemon, header, ret_credentials, err);
	if (!cookie_find(http_header(request, "Cookie"), ACCESS_COOKIE, session, sizeof(session)))
		return err_set(err, MORTISE_E_IDENTITY,
			"Authentication credentials were not provided.");
	read_session(daemon, request, session, ret_credentials);
	sodium_memzero(session, sizeof(session));
	return 0;
}

/* ---- Whose they are ---- */

static int check_token(struct tx *tx, struct credentials *credentials,
	struct principal *ret_principal, struct err *err)
{
	static const char bad[] = "Invalid token.";
	cleanup_api_token struct api_token token = {0};
	cleanup_err struct err missing = {0};
	int result = api_token_find(tx, credentials->hash, &token, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return refuse(credentials, "token", bad, err);
	if (result < 0)
		return err_move(err, &missing);
	if (token.revoked_at_us != 0)
		return refuse(credentials, "revoked", bad, err);
	if (token.expires_at_us != 0 && token.expires_at_us <= credentials->now_us)
		return refuse(credentials, "expired", "The token has expired.", err);
	credentials->touch = credentials->now_us - token.used_at_us >= TOUCH_EVERY_US;
	*ret_principal = (struct principal){
		.kind = PRINCIPAL_TOKEN,
		.token_id = token.id,
		.user_id = token.account_id,
		.organization_id = token.organization_id,
		.limit = access_scopes_whole(token.scopes),
		.scopes = token.scopes,
	};
	snprintf(ret_principal->origin, sizeof(ret_principal->origin), "token:%" PRId64, token.id);
	return 0;
}

/* A request that may change something shows the CSRF token; comparing hashes takes the
 * same time whatever it is. */
static int check_csrf(struct credentials *credentials, const struct session *session,
	struct err *err)
{
	if (!credentials->changes)
		return 0;
	if (strlen(session->csrf_hash) == strlen(credentials->csrf_hash) &&
		sodium_memcmp(session->csrf_hash, credentials->csrf_hash,
			strlen(session->csrf_hash)) == 0)
		return 0;
	credentials->refusal = "csrf";
	return err_refuse(err,
		"CSRF Failed: send the session's token in the header X-CSRF-Token");
}

static int check_session(struct tx *tx, struct credentials *credentials,
	struct principal *ret_principal, struct err *err)
{
	static const char bad[] = "The session has ended; sign in again.";
	cleanup_session struct session session = {0};
	cleanup_err struct err missing = {0};
	int result = session_find(tx, credentials->hash, &session, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return refuse(credentials, "session", bad, err);
	if (result < 0)
		return err_move(err, &missing);
	if (session.expires_at_us <= credentials->now_us)
		return refuse(credentials, "session", bad, err);
	if (check_csrf(credentials, &session, err) < 0)
		return err->code;
	*ret_principal = (struct principal){
		.kind = PRINCIPAL_SESSION,
		.token_id = session.id,
		.user_id = session.login.account_id,
		.organization_id = session.login.organization_id,
		.limit = ~UINT64_C(0),
	};
	snprintf(ret_principal->origin, sizeof(ret_principal->origin), "user:%" PRId64,
		session.login.account_id);
	return 0;
}

int credentials_check(struct tx *tx, struct credentials *credentials,
	struct principal *ret_principal, struct err *err)
{
	credentials->refusal = NULL;
	credentials->touch = false;
	return (credentials->kind == PRINCIPAL_TOKEN ? check_token : check_session)(tx,
		credentials, ret_principal, err);
}

/* ---- When a token was used ---- */

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

void credentials_touch(struct daemon *daemon, const struct credentials *credentials,
	const struct principal *principal)
{
	cleanup_err struct err ignored = {0};
	struct touch *touch;

	if (!credentials->touch)
		return;
	touch = new(struct touch);
	*touch = (struct touch){principal->token_id, credentials->now_us};
	if (store_write_async(daemon->store, touch_in, touch, 64, touch_done, &ignored) < 0)
		free(touch);
}
