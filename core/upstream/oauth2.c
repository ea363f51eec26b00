/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/oauth2.h"

#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/egress/egress.h"
#include "core/provider/provider.h"
#include "core/upstream/form.h"
#include "core/upstream/mask.h"
#include "core/upstream/template.h"
#include "core/upstream/token_endpoint.h"
#include "core/upstream/upstream.h"
#include "core/vault/slot.h"

#define BODY_MAX ((size_t)64 * 1024)

static void buf_wipe(struct buf *buf)
{
	if (buf->data)
		sodium_memzero(buf->data, buf->capacity);
	buf_clear(buf);
}
#define cleanup_wipe __attribute__((__cleanup__(buf_wipe)))

/* ---- The request ---- */

/* "Basic …" of id and secret, each encoded first (RFC 6749, 2.3.1). */
static void add_basic(struct buf *header, const char *client_id, const struct secret *secret)
{
	cleanup_wipe struct buf pair = BUF(BODY_MAX);
	size_t encoded_size;
	char *encoded;

	template_encode(&pair, client_id, "");
	buf_add_char(&pair, ':');
	template_encode(&pair, (const char *)secret->data, "");
	encoded_size = sodium_base64_ENCODED_LEN(pair.size, sodium_base64_VARIANT_ORIGINAL);
	encoded = xmalloc(encoded_size);
	sodium_bin2base64(encoded, encoded_size, (const unsigned char *)buf_text(&pair), pair.size,
		sodium_base64_VARIANT_ORIGINAL);
	buf_add_text(header, "Basic ");
	buf_add_text(header, encoded);
	sodium_memzero(encoded, encoded_size);
	free(encoded);
}

static int build(struct daemon *daemon, const struct call_scope *scope,
	const struct oauth2_exchange *exchange, struct secret *secret, struct buf *body,
	struct buf *authorization, struct err *err)
{
	const struct mortise_step *step = exchange->step;
	cleanup_free char *client_id = NULL;
	int result = upstream_value(daemon, scope, step->client_id, &client_id, err);

	if (result < 0)
		return result;
	template_pair(body, "grant_type", "authorization_code");
	template_pair(body, "code", exchange->code);
	template_pair(body, "redirect_uri", exchange->redirect_uri);
	if (exchange->code_verifier)
		template_pair(body, "code_verifier", exchange->code_verifier);
	if (step->client_auth == MORTISE_CLIENT_AUTH_BASIC && secret) {
		add_basic(authorization, client_id, secret);
	} else {
		template_pair(body, "client_id", client_id);
		if (secret)
			template_pair(body, "client_secret", (const char *)secret->data);
	}
	if (body->failed || authorization->failed)
		return err_set(err, MORTISE_E_LIMIT, "the token request is too long");
	return 0;
}

static int send_exchange(struct daemon *daemon, const struct call_scope *scope,
	const struct oauth2_exchange *exchange, struct egress_answer *ret_answer, struct err *err)
{
	const struct mortise_step *step = exchange->step;
	cleanup_wipe struct buf body = BUF(BODY_MAX);
	cleanup_wipe struct buf authorization = BUF(BODY_MAX);
	cleanup_secret struct secret *secret = NULL;
	int result = 0;

	if (step->client_secret)
		result = slot_read(daemon, scope, step->client_secret, &secret, err);
	if (result == 0)
		result = build(daemon, scope, exchange, secret, &body, &authorization, err);
	if (result == 0)
		result = token_request_send(daemon, scope, &(struct token_request){
			.url = step->token_url,
			.verify = step->verify,
			.accept = "application/json",
			.authorization = authorization.size > 0 ? buf_text(&authorization) : NULL,
			.body = buf_text(&body),
			.body_size = body.size,
			.timeout_ms = exchange->timeout_ms,
		}, ret_answer, err);
	if (result < 0)
		return result;
	answer_mask(ret_answer, exchange->code);
	answer_mask(ret_answer, exchange->code_verifier);
	answer_mask(ret_answer, secret ? (const char *)secret->data : NULL);
	if (authorization.size > 0)
		answer_mask(ret_answer, buf_text(&authorization) + strlen("Basic "));
	return 0;
}

/* ---- The answer ---- */

static bool has_type(const struct egress_answer *answer, const char *wanted)
{
	const char *type = egress_answer_header(answer, "content-type");

	return type && strncasecmp(type, wanted, strlen(wanted)) == 0;
}

static json_t *answer_parse(const struct egress_answer *answer)
{
	json_t *payload;

	if (has_type(answer, "application/x-www-form-urlencoded"))
		return form_parse(answer->body);
	payload = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(payload)) {
		json_decref(payload);
		return NULL;
	}
	return payload;
}

static int refused(const json_t *payload, struct err *err)
{
	const char *description = json_string_value(json_object_get(payload, "error_description"));
	cleanup_free char *text = NULL;

	if (!description)
		return err_set(err, MORTISE_E_IDENTITY, "the authorization was not accepted by the "
			"provider; start again");
	text = token_words(description);
	return err_set(err, MORTISE_E_IDENTITY, "the provider says: \"%s\"; start again", text);
}

static int answer_judge(const struct egress_answer *answer, const json_t *payload,
	struct err *err)
{
	const char *token = json_string_value(json_object_get(payload, "access_token"));

	if (json_object_get(payload, "error") || answer->status == 401)
		return refused(payload, err);
	if (answer->status >= 500 || answer->status == 429)
		return token_endpoint_failed(answer->status, err);
	if (!payload)
		return err_set(err, MORTISE_E_UPSTREAM, "the provider's token endpoint answered "
			"neither JSON nor a form (status %d)", answer->status);
	if (answer->status >= 300)
		return refused(payload, err);
	if (!token || !*token)
		return err_set(err, MORTISE_E_IDENTITY, "Missing access token");
	return 0;
}

int oauth2_exchange(struct daemon *daemon, const struct call_scope *scope,
	const struct oauth2_exchange *exchange, json_t **ret_token, struct err *err)
{
	cleanup_json json_t *payload = NULL;
	struct egress_answer answer = {0};
	int result = send_exchange(daemon, scope, exchange, &answer, err);

	if (result < 0) {
		err_prefix(err, "the token exchange failed: ");
		return result;
	}
	payload = answer_parse(&answer);
	result = answer_judge(&answer, payload, err);
	token_answer_clear(&answer);
	if (result < 0)
		return result;
	*ret_token = steal(&payload);
	return 0;
}
