/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Minted tokens: fetched with another credential, kept sealed in the integration's row
 * under "token:NAME", renewed a minute before they end.  Of all callers that need the
 * same one, one mints; the others wait for it and share its result.
 *
 * They wait within this process, which is all the callers there are: the SQLite store is
 * locked by one daemon.  Several daemons over one database could mint one token each at
 * the same time.  Both would be good, and the row, which is compared and set, keeps the
 * later one.  A kind of token that ends when the next is fetched needs a lease in the row.
 */
#include "config.h"
#include "core/upstream/exchange.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/upstream/gate.h"
#include "core/vault/slot.h"

#define SECOND_US INT64_C(1000000)
#define MARGIN_US (60 * SECOND_US)
/* For an upstream that tells no end. */
#define LIFE_DEFAULT_US (600 * SECOND_US)
#define SAVE_TRIES 5

/* Somebody is minting. */
struct minting {
	struct minting *next;
	int64_t integration_id;
	char *credential;
	int users;                     /* the one who mints, and those who wait */
	bool done;
	struct err err;                /* how it failed */
};

struct mints {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct minting *running;       /* under lock */
};

struct minted {
	char *token;                   /* secret */
	int64_t expires_us;
	json_t *debug;                 /* for the integration's debug data */
};

struct mints *mints_new(void)
{
	struct mints *mints = new(struct mints);
	pthread_condattr_t attr;

	pthread_mutex_init(&mints->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&mints->wake, &attr);
	pthread_condattr_destroy(&attr);
	return mints;
}

void mints_free(struct mints *mints)
{
	if (!mints)
		return;
	pthread_cond_destroy(&mints->wake);
	pthread_mutex_destroy(&mints->lock);
	free(mints);
}

static void minted_clear(struct minted *minted)
{
	if (minted->token)
		sodium_memzero(minted->token, strlen(minted->token));
	free(minted->token);
	json_decref(minted->debug);
	*minted = (struct minted){0};
}

/* ---- What is kept in the row ---- */

static int read_row(struct tx *tx, void *arg, struct err *err)
{
	struct integration *row = arg;
	int64_t id = row->id;
	int result;

	integration_clear(row);
	result = integration_get(tx, id, row, err);
	row->id = id;
	return result;
}

/* The row as it is now, with its secrets open. */
static int read_secrets(struct exchange *exchange, struct integration *row,
	json_t **ret_secrets, struct err *err)
{
	struct daemon *daemon = exchange->upstreams->daemon;
	int result;

	row->id = exchange->scope->integration_id;
	result = store_read(daemon->store, read_row, row, err);
	if (result < 0)
		return result;
	return secrets_unseal(daemon->vault, SLOT_INTEGRATION_COLUMN, row->uid, row->secrets,
		row->secrets_size, ret_secrets, err);
}

static bool equals_secretly(const char *left, const char *right)
{
	size_t len = strlen(left);

	return len == strlen(right) && sodium_memcmp(left, right, len) == 0;
}

/* 1: the token that is kept, still good; 0: there is none. */
static int kept_token(struct exchange *exchange, const char *rejected, char **ret_token,
	struct err *err)
{
	cleanup_integration struct integration row = {0};
	cleanup_json json_t *secrets = NULL;
	cleanup_free char *slot = xasprintf("token:%s", exchange->credential->name);
	const json_t *kept;
	const char *token;
	int result = read_secrets(exchange, &row, &secrets, err);

	if (result < 0)
		return result;
	kept = json_object_get(secrets, slot);
	token = json_string_value(json_object_get(kept, "token"));
	if (!token || (rejected && equals_secretly(token, rejected)) ||
		json_integer_value(json_object_get(kept, "expires_at_us")) <
			clock_now_us() + MARGIN_US)
		return 0;
	*ret_token = xstrdup(token);
	return 1;
}

struct save {
	int64_t integration_id;
	struct blob before, sealed;
	const json_t *debug;
	int64_t now_us;
};

static int write_token(struct tx *tx, void *arg, struct err *err)
{
	const struct save *save = arg;
	int result = integration_set_secrets(tx, save->integration_id, save->before, save->sealed,
		save->now_us, err);

	if (result < 0)
		return result;
	result = integration_patch_debug(tx, save->integration_id, save->debug, err);
	return result < 0 ? result : 0;
}

/* Put the token beside the other secrets of the row as it is now; E_CONFLICT if the row
 * changed between reading and writing. */
static int save_once(struct exchange *exchange, const struct minted *minted, struct err *err)
{
	struct daemon *daemon = exchange->upstreams->daemon;
	cleanup_integration struct integration row = {0};
	cleanup_json json_t *secrets = NULL;
	cleanup_free char *slot = xasprintf("token:%s", exchange->credential->name);
	unsigned char *sealed = NULL;
	size_t sealed_size;
	int result = read_secrets(exchange, &row, &secrets, err);

	if (result < 0)
		return result;
	json_object_set_new(secrets, slot, json_pack("{s:s, s:I}", "token", minted->token,
		"expires_at_us", (json_int_t)minted->expires_us));
	secrets_seal(daemon->vault, SLOT_INTEGRATION_COLUMN, row.uid, secrets, &sealed,
		&sealed_size);
	result = store_write(daemon->store, write_token, &(struct save){
		.integration_id = row.id,
		.before = {row.secrets, row.secrets_size},
		.sealed = {sealed, sealed_size},
		.debug = minted->debug,
		.now_us = clock_now_us(),
	}, err);
	free(sealed);
	return result;
}

static void save_token(struct exchange *exchange, const struct minted *minted)
{
	cleanup_err struct err err = {0};
	int result = MORTISE_E_CONFLICT;

	for (int i = 0; i < SAVE_TRIES && result == MORTISE_E_CONFLICT; i++) {
		err_clear(&err);
		result = save_once(exchange, minted, &err);
	}
	/* The token works all the same; the next caller mints its own. */
	if (result < 0)
		log_warning("upstream.token_not_kept",
			LOG_INT("integration", exchange->scope->integration_id),
			LOG_TEXT("reason", err_text(&err)));
}

/* ---- The mint request ---- */

static int refusal(struct exchange *exchange, const struct egress_answer *answer,
	struct err *err)
{
	const char *name = exchange->scope->provider->provider.name;
	int64_t gate_us = gate_of_answer(answer, clock_now_us());

	if (gate_us != 0) {
		(void)err_set(err, MORTISE_E_RATE, "%s asked to wait before the next token", name);
		if (err)
			err->retry_at_ms = gate_us / 1000 + 1;
		return MORTISE_E_RATE;
	}
	if (answer->status >= 400 && answer->status < 500 && strcasestr(answer->body, "suspended"))
		return err_set(err, MORTISE_E_IDENTITY,
			"the installation is suspended at %s; lift the suspension there", name);
	if (answer->status == 401 || answer->status == 403)
		return err_set(err, MORTISE_E_IDENTITY, "%s refused us a token (status %d): check the "
			"app's id and private key", name, answer->status);
	if (answer->status == 404)
		return err_set(err, MORTISE_E_IDENTITY,
			"%s knows no such installation any more; install it again", name);
	(void)err_set(err, MORTISE_E_UPSTREAM, "%s gave no token (status %d)", name,
		answer->status);
	if (err)
		err->upstream_status = answer->status;
	return MORTISE_E_UPSTREAM;
}

static json_t *debug_of(const json_t *body, int64_t expires_us)
{
	char expires[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
	const json_t *permissions = json_object_get(body, "permissions");

	return json_pack("{s:O?, s:s, s:s}", "permissions", permissions, "expires_at",
		clock_format(expires_us, expires), "last_refresh_at",
		clock_format(clock_now_us(), now));
}

static int read_minted(struct exchange *exchange, const struct egress_answer *answer,
	struct minted *ret_minted, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	cleanup_json json_t *body = NULL;
	const char *token, *expires;
	int64_t expires_us = clock_now_us() + LIFE_DEFAULT_US;

	if (answer->status < 200 || answer->status > 299)
		return refusal(exchange, answer, err);
	body = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
	token = json_string_value(json_pointer(body,
		credential->token_pointer ? credential->token_pointer : "/token"));
	expires = credential->expires_pointer
		? json_string_value(json_pointer(body, credential->expires_pointer)) : NULL;
	if (!token || !*token || (credential->expires_pointer &&
		(!expires || !clock_parse(expires, &expires_us))))
		return err_set(err, MORTISE_E_UPSTREAM, "%s answered something else than a token",
			exchange->scope->provider->provider.name);
	*ret_minted = (struct minted){.token = xstrdup(token), .expires_us = expires_us,
		.debug = debug_of(body, expires_us)};
	return 0;
}

static int mint(struct exchange *exchange, struct minted *ret_minted, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	struct call_scope scope = *exchange->scope;
	cleanup_free char *path = NULL;
	struct exchange request;
	struct egress_answer answer = {0};
	enum egress_failure failure;
	int result;

	scope.external_id = exchange->row.external_id;
	result = upstream_template(exchange->upstreams->daemon, &scope, credential->mint_path,
		NULL, &path, err);
	if (result < 0)
		return result;
	result = exchange_init(&request, exchange->upstreams, &scope, &(struct upstream_request){
		.upstream = exchange->upstream->name,
		.method = "POST",
		.path = path,
		.credentials = credential->parent,
		.flags = MORTISE_HTTP_NO_FOLLOW,
	}, err);
	request.until_ms = exchange->until_ms;
	if (result == 0 && request.credential && request.credential->kind == MORTISE_CREDENTIAL_MINTED)
		result = err_set(err, MORTISE_E_INTERNAL, "the credentials \"%s\" are minted with "
			"minted ones", credential->name);
	if (result == 0)
		result = exchange_send(&request, &answer, &failure, err);
	if (result == 0)
		result = read_minted(exchange, &answer, ret_minted, err);
	if (answer.body)
		sodium_memzero(answer.body, answer.size);
	egress_answer_clear(&answer);
	exchange_clear(&request);
	return result;
}

/* ---- One mints, others wait ---- */

static struct minting *minting_find(struct mints *mints, const struct exchange *exchange)
{
	struct minting *minting = mints->running;

	while (minting && (minting->integration_id != exchange->scope->integration_id ||
		strcmp(minting->credential, exchange->credential->name) != 0))
		minting = minting->next;
	return minting;
}

/* With the lock held. */
static void minting_leave(struct minting *minting)
{
	if (--minting->users > 0)
		return;
	err_clear(&minting->err);
	free(minting->credential);
	free(minting);
}

/* Become the one who mints (the result), or wait for that one (NULL; 'err' is filled if
 * it failed or our time is over). */
static struct minting *minting_enter(struct exchange *exchange, struct err *err)
{
	struct mints *mints = exchange->upstreams->mints;
	struct timespec until = {.tv_sec = exchange->until_ms / 1000,
		.tv_nsec = exchange->until_ms % 1000 * 1000000};
	struct minting *minting;
	int waited = 0;

	pthread_mutex_lock(&mints->lock);
	minting = minting_find(mints, exchange);
	if (!minting) {
		minting = new(struct minting);
		minting->integration_id = exchange->scope->integration_id;
		minting->credential = xstrdup(exchange->credential->name);
		minting->users = 1;
		minting->next = mints->running;
		mints->running = minting;
		pthread_mutex_unlock(&mints->lock);
		return minting;
	}
	minting->users++;
	while (!minting->done && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&mints->wake, &mints->lock, &until);
	if (!minting->done)
		(void)err_set(err, MORTISE_E_CANCELLED, "no time is left to wait for a token");
	else if (minting->err.code != 0) {
		(void)err_set(err, minting->err.code, "%s", err_text(&minting->err));
		if (err) {
			err->retry_at_ms = minting->err.retry_at_ms;
			err->upstream_status = minting->err.upstream_status;
		}
	}
	minting_leave(minting);
	pthread_mutex_unlock(&mints->lock);
	return NULL;
}

static void minting_finish(struct mints *mints, struct minting *minting, const struct err *err)
{
	struct minting **link = &mints->running;

	pthread_mutex_lock(&mints->lock);
	while (*link != minting)
		link = &(*link)->next;
	*link = minting->next;
	minting->done = true;
	if (err->code != 0) {
		(void)err_set(&minting->err, err->code, "%s", err_text(err));
		minting->err.retry_at_ms = err->retry_at_ms;
		minting->err.upstream_status = err->upstream_status;
	}
	pthread_cond_broadcast(&mints->wake);
	minting_leave(minting);
	pthread_mutex_unlock(&mints->lock);
}

/* As the one who mints: look again, somebody may just have been done; else mint. */
static int mint_or_keep(struct exchange *exchange, const char *rejected, char **ret_token,
	struct err *err)
{
	struct minted minted = {0};
	int result = kept_token(exchange, rejected, ret_token, err);

	if (result != 0)
		return result < 0 ? result : 0;
	result = mint(exchange, &minted, err);
	if (result == 0) {
		save_token(exchange, &minted);
		*ret_token = xstrdup(minted.token);
	}
	minted_clear(&minted);
	return result;
}

int mint_token(struct exchange *exchange, const char *rejected, char **ret_token,
	struct err *err)
{
	struct mints *mints = exchange->upstreams->mints;
	int result;

	if (exchange->scope->integration_id == 0)
		return err_set(err, MORTISE_E_IDENTITY, "the credentials \"%s\" need an integration, "
			"which this call has not", exchange->credential->name);
	while ((result = kept_token(exchange, rejected, ret_token, err)) == 0) {
		cleanup_err struct err why = {0};
		struct minting *minting = minting_enter(exchange, &why);

		if (minting) {
			result = mint_or_keep(exchange, rejected, ret_token, &why);
			minting_finish(mints, minting, &why);
			return result < 0 ? err_move(err, &why) : 0;
		}
		if (why.code != 0)
			return err_move(err, &why);
	}
	return result < 0 ? result : 0;
}
