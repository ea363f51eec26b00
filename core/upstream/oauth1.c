/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/oauth1.h"

#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/oauth1.h"
#include "core/daemon/daemon.h"
#include "core/egress/egress.h"
#include "core/egress/origin.h"
#include "core/provider/provider.h"
#include "core/upstream/form.h"
#include "core/upstream/mask.h"
#include "core/upstream/token_endpoint.h"
#include "core/upstream/upstream.h"
#include "core/vault/slot.h"

#define TIMEOUT_MS 20000
#define TOKEN_MAX 1024         /* bytes */

/* One of the two exchanges. */
struct request {
	const struct mortise_step *step;
	const char *url;               /* template */
	const char *token, *callback, *verifier;       /* each NULL: not sent */
};

static void wipe(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

/* ---- Sending ---- */

static int sign_for(struct daemon *daemon, const struct call_scope *scope,
	const struct request *request, const struct origin_target *target, char **ret_header,
	struct err *err)
{
	const struct mortise_step *step = request->step;
	struct oauth1 oauth1 = {.method = "POST", .resource = target->resource,
		.query = target->query, .token = request->token, .callback = request->callback,
		.verifier = request->verifier};
	cleanup_secret struct secret *key = NULL;
	cleanup_free char *consumer_key = NULL;
	int result = upstream_value(daemon, scope, step->client_id, &consumer_key, err);

	if (result == 0)
		result = slot_read(daemon, scope, step->client_secret, &key, err);
	if (result < 0)
		return result;
	oauth1.consumer_key = consumer_key;
	oauth1_stamp(&oauth1);
	return oauth1_header(&oauth1, key, ret_header, err);
}

static int sign(struct daemon *daemon, const struct call_scope *scope,
	const struct request *request, char **ret_header, struct err *err)
{
	cleanup_err struct err why = {0};
	cleanup_free char *url = NULL;
	struct origin_target target;
	int result = upstream_template(daemon, scope, request->url, NULL, &url, err);

	if (result < 0)
		return result;
	if (origin_target_parse(url, &target, &why) < 0)
		return err_set(err, MORTISE_E_SETTINGS, "the provider's address is not usable: %s",
			err_text(&why));
	result = sign_for(daemon, scope, request, &target, ret_header, err);
	origin_target_clear(&target);
	return result;
}

static int request_send(struct daemon *daemon, const struct call_scope *scope,
	const struct request *request, struct egress_answer *ret_answer, struct err *err)
{
	char *header;
	int result = sign(daemon, scope, request, &header, err);

	if (result < 0)
		return result;
	result = token_request_send(daemon, scope, &(struct token_request){
		.url = request->url,
		.verify = request->step->verify,
		.accept = "*/*",
		.authorization = header,
		.timeout_ms = TIMEOUT_MS,
	}, ret_answer, err);
	if (result == 0) {
		answer_mask(ret_answer, header);
		answer_mask(ret_answer, request->verifier);
	}
	wipe(header);
	return result;
}

/* ---- Refusals ---- */

/* What people write in oauth_problem (the problem reporting extension of OAuth 1.0). */
static const struct {
	const char *problem, *words;
} problems[] = {
	{"timestamp_refused", "the clocks of this daemon and of the provider differ; set both to "
		"the right time"},
	{"nonce_used", "it has seen this request before; start again"},
	{"consumer_key_unknown", "it does not know the consumer key; enter the one of its incoming "
		"application link"},
	{"consumer_key_rejected", "it does not accept the consumer key; look at its incoming "
		"application link"},
	{"consumer_key_refused", "it does not accept the consumer key for now; try again later"},
	{"signature_invalid", "the private key does not belong to the public key that it has for "
		"this consumer"},
	{"signature_method_rejected", "it does not accept signatures with RSA-SHA1"},
	{"token_rejected", "it does not accept the token; start again"},
	{"token_expired", "the token has expired; start again"},
	{"token_revoked", "the token was taken back; start again"},
	{"token_used", "the token was used before; start again"},
	{"verifier_invalid", "it does not accept the verifier; start again"},
	{"permission_unknown", "nobody has allowed it yet; start again"},
	{"permission_denied", "the user did not allow it"},
	{"user_refused", "the user did not allow it"},
};

static int refused(const json_t *form, int status, struct err *err)
{
	const char *problem = json_string_value(json_object_get(form, "oauth_problem"));
	cleanup_free char *words = NULL;

	if (!problem)
		return err_set(err, MORTISE_E_IDENTITY, "the provider refused it with status %d; look "
			"at consumer key and private key, and start again", status);
	for (size_t i = 0; i < lengthof(problems); i++)
		if (strcmp(problem, problems[i].problem) == 0)
			return err_set(err, MORTISE_E_IDENTITY, "the provider refused it (%s): %s",
				problem, problems[i].words);
	words = token_words(problem);
	return err_set(err, MORTISE_E_IDENTITY, "the provider refused it: \"%s\"; start again", words);
}

static int answer_judge(const struct egress_answer *answer, const json_t *form, struct err *err)
{
	int status = answer->status;

	if (json_object_get(form, "oauth_problem") || status == 400 || status == 401 || status == 403)
		return refused(form, status, err);
	if (status >= 500 || status == 429)
		return token_endpoint_failed(status, err);
	if (status >= 300)
		return err_set(err, MORTISE_E_UPSTREAM, "nobody gives tokens at this address (status "
			"%d); look at the address, its path too", status);
	return 0;
}

/* ---- Tokens ---- */

/* A member of the answer (new string), of which nothing is left there; NULL: not there. */
static char *secret_take(json_t *form, const char *name)
{
	const json_t *value = json_object_get(form, name);
	char *text = xstrdup(json_string_value(value));

	if (text) {
		sodium_memzero((char *)(uintptr_t)json_string_value(value), strlen(text));
		json_object_del(form, name);
	}
	return text;
}

static int tokens_take(json_t *form, char **ret_token, char **ret_secret, struct err *err)
{
	char *token = secret_take(form, "oauth_token");
	char *secret = secret_take(form, "oauth_token_secret");
	/* With it tokens are renewed, which nobody here does. */
	char *handle = secret_take(form, "oauth_session_handle");
	int result = 0;

	wipe(handle);
	if (!token || !*token)
		result = err_set(err, MORTISE_E_UPSTREAM, "the provider's answer is missing "
			"oauth_token");
	else if (strlen(token) > TOKEN_MAX || (secret && strlen(secret) > TOKEN_MAX))
		result = err_set(err, MORTISE_E_UPSTREAM, "the provider's token has more than %d "
			"bytes", TOKEN_MAX);
	if (result < 0) {
		wipe(token);
		wipe(secret);
		return result;
	}
	*ret_token = token;
	*ret_secret = secret ? secret : xstrdup("");
	return 0;
}

/* Send, and read the tokens; '*ret_rest' is what else the answer said. */
static int exchange(struct daemon *daemon, const struct call_scope *scope,
	const struct request *request, json_t **ret_rest, char **ret_token, char **ret_secret,
	struct err *err)
{
	cleanup_json json_t *form = NULL;
	struct egress_answer answer = {0};
	int result = request_send(daemon, scope, request, &answer, err);

	if (result < 0)
		return result;
	form = form_parse(answer.body);
	result = answer_judge(&answer, form, err);
	token_answer_clear(&answer);
	if (result == 0)
		result = tokens_take(form, ret_token, ret_secret, err);
	if (result == 0)
		*ret_rest = steal(&form);
	return result;
}

int oauth1_request_token(struct daemon *daemon, const struct call_scope *scope,
	const struct mortise_step *step, const char *callback, char **ret_token,
	char **ret_token_secret, struct err *err)
{
	const struct request request = {.step = step, .url = step->request_token_url,
		.callback = callback};
	cleanup_json json_t *rest = NULL;
	const char *confirmed;
	char *token, *secret;
	int result = exchange(daemon, scope, &request, &rest, &token, &secret, err);

	/* Without it the upstream speaks the first OAuth 1.0, where anybody may finish what
	 * another began. */
	confirmed = json_string_value(json_object_get(rest, "oauth_callback_confirmed"));
	if (result == 0 && callback && (!confirmed || strcmp(confirmed, "true") != 0)) {
		wipe(token);
		wipe(secret);
		result = err_set(err, MORTISE_E_UPSTREAM, "the provider does not confirm the "
			"callback: it does not speak OAuth 1.0a");
	}
	if (result < 0) {
		err_prefix(err, "could not fetch a request token: ");
		return result;
	}
	*ret_token = token;
	*ret_token_secret = secret;
	return 0;
}

int oauth1_access_token(struct daemon *daemon, const struct call_scope *scope,
	const struct mortise_step *step, const char *token, const char *verifier,
	json_t **ret_facts, char **ret_token, char **ret_secret, struct err *err)
{
	const struct request request = {.step = step, .url = step->token_url, .token = token,
		.verifier = verifier};
	int result;

	if (!*verifier)
		result = err_set(err, MORTISE_E_IDENTITY, "the provider sent no verifier along; "
			"start again");
	else
		result = exchange(daemon, scope, &request, ret_facts, ret_token, ret_secret, err);
	if (result < 0)
		err_prefix(err, "could not fetch an access token: ");
	return result;
}
