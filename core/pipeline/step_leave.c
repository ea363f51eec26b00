/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Steps of kind oauth2 and redirect: the browser leaves and comes back through the
 * relay page, which posts what it was given.  A state of 256 bits binds the answer to
 * what was sent out; it is used up by the first answer that names it.  Request workers.
 */
#include "config.h"
#include "core/pipeline/step.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"
#include "core/upstream/oauth2.h"
#include "core/upstream/upstream.h"

#define MAX_CODE 2048
#define VERIFIER_SIZE 44       /* 256 bits in base64url, and a NUL */

/* A verifier of 256 bits and its S256 challenge (RFC 7636). */
static void pkce_make(char ret_verifier[VERIFIER_SIZE], char ret_challenge[VERIFIER_SIZE])
{
	unsigned char bytes[32], digest[32];
	unsigned int size = sizeof(digest);

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(ret_verifier, VERIFIER_SIZE, bytes, sizeof(bytes),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	if (EVP_Digest(ret_verifier, VERIFIER_SIZE - 1, digest, &size, EVP_sha256(), NULL) != 1)
		abort();
	sodium_bin2base64(ret_challenge, VERIFIER_SIZE, digest, sizeof(digest),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

/* ---- oauth2 ---- */

static int authorize_url(struct pipeline_run *run, const struct reg_step *step,
	const char *state, json_t *private, struct buf *url, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *base = NULL;
	cleanup_free char *client_id = NULL;
	cleanup_free char *redirect_uri = step_redirect_uri(run);
	cleanup_free char *scopes = provider_value(run->daemon, run->provider, step->step.scopes);

	if (upstream_template(run->daemon, &scope, step->step.authorize_url, NULL, &base, err) < 0 ||
		upstream_value(run->daemon, &scope, step->step.client_id, &client_id, err) < 0)
		return err->code;
	buf_add_text(url, base);
	step_query_add(url, "client_id", client_id);
	step_query_add(url, "response_type", "code");
	step_query_add(url, "redirect_uri", redirect_uri);
	step_query_add(url, "state", state);
	if (scopes && scopes[0])
		step_query_add(url, "scope", scopes);
	if (step->step.flags & MORTISE_STEP_PKCE) {
		char verifier[VERIFIER_SIZE], challenge[VERIFIER_SIZE];

		pkce_make(verifier, challenge);
		step_query_add(url, "code_challenge", challenge);
		step_query_add(url, "code_challenge_method", "S256");
		json_object_set_new(private, "verifier", json_string(verifier));
	}
	if (url->failed)
		return err_set(err, MORTISE_E_LIMIT, "the authorize URL of %s is too long",
			run->row.provider);
	return 0;
}

static int oauth2_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	cleanup_buf struct buf url = BUF(STEP_URL_MAX);
	char state[65];

	pipeline_run_new_state(run, state);
	if (authorize_url(run, step, state, private, &url, err) < 0)
		return err->code;
	json_object_set_new(data, step_data_key(&step_oauth2, step), json_string(buf_text(&url)));
	return 0;
}

static int state_check(const struct pipeline_run *run, const char *state, struct err *err)
{
	if (pipeline_run_state_matches(run, state))
		return 0;
	log_limited(MORTISE_LOG_NOTICE, "pipeline.bad_state", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider));
	return err_set(err, MORTISE_E_FORBIDDEN,
		"the state that came back is not the one that was sent out; do this step again");
}

static int oauth2_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const char *key = step_answer_key(step, "code");
	const char *code = json_string_value(json_object_get(answer, key));
	const char *state = json_string_value(json_object_get(answer, "state"));
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (!state)
		return err_field(err, "state", "This field is required.");
	if (state_check(run, state, err) < 0)
		return err->code;
	if (error) {
		*ret_clean = json_pack("{s:s}", "error", error);
		return 0;
	}
	if (!code || !*code)
		return err_field(err, key, "This field is required.");
	if (strlen(code) > MAX_CODE)
		return err_field(err, key, "The value is too long.");
	*ret_clean = json_pack("{s:s}", "code", code);
	return 0;
}

/* What of a token is no secret. */
static json_t *token_facts(const json_t *token)
{
	json_t *facts = json_object();
	json_t *life = json_object_get(token, "expires_in");
	json_int_t life_s = 0;

	if (json_is_string(json_object_get(token, "token_type")))
		json_object_set(facts, "token_type", json_object_get(token, "token_type"));
	if (json_is_string(json_object_get(token, "scope")))
		json_object_set(facts, "scope", json_object_get(token, "scope"));
	if (json_is_integer(life))
		life_s = json_integer_value(life);
	else if (json_is_string(life))
		life_s = atoll(json_string_value(life));
	if (life_s > 0 && life_s < INT64_C(1) << 32)
		json_object_set_new(facts, "expires_at_ms",
			json_integer(clock_now_us() / 1000 + life_s * 1000));
	return facts;
}

static void token_save(struct pipeline_run *run, const char *save_as, const json_t *token)
{
	cleanup_free char *refresh_name = xasprintf("%s.refresh_token", save_as);
	json_t *refresh = json_object_get(token, "refresh_token");

	json_object_set(run->secrets, save_as, json_object_get(token, "access_token"));
	if (json_is_string(refresh))
		json_object_set(run->secrets, refresh_name, refresh);
	else
		json_object_del(run->secrets, refresh_name);
	json_object_set_new(run->state, save_as, token_facts(token));
}

static int oauth2_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *redirect_uri = step_redirect_uri(run);
	cleanup_json json_t *token = NULL;
	json_t *private = json_object_get(run->shown, "private");
	struct oauth2_exchange exchange = {
		.step = &step->step,
		.code = json_string_value(json_object_get(clean, "code")),
		.redirect_uri = redirect_uri,
		.code_verifier = json_string_value(json_object_get(private, "verifier")),
	};

	if (json_object_get(clean, "error")) {
		log_limited(MORTISE_LOG_NOTICE, "pipeline.denied",
			LOG_INT("pipeline", run->row.id), LOG_TEXT("provider", run->row.provider));
		return err_set(err, MORTISE_E_FORBIDDEN,
			"%s did not grant the authorization; do this step again to grant it",
			run->provider->provider.name);
	}
	if (oauth2_exchange(run->daemon, &scope, &exchange, &token, err) < 0)
		return err->code;
	token_save(run, step->step.save_as ? step->step.save_as : step->step.name, token);
	json_object_clear(clean);
	return 0;
}

const struct step_kind step_oauth2 = {
	.kind = MORTISE_STEP_OAUTH2,
	.name = "oauth2",
	.data_key = "oauthUrl",
	.enter = oauth2_enter,
	.check = oauth2_check,
	.take = oauth2_take,
	.leaves = true,
};

/* ---- redirect ---- */

static int redirect_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *url = NULL;
	char state[65];

	(void)private;
	pipeline_run_new_state(run, state);
	if (upstream_template(run->daemon, &scope, step->step.url, state, &url, err) < 0)
		return err->code;
	json_object_set_new(data, step_data_key(&step_redirect, step), json_string(url));
	return 0;
}

/* The answer's state: ours, or missing where the registration allows it because the
 * check callback proves what came back. */
static int redirect_state(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, struct err *err)
{
	const char *state = json_string_value(json_object_get(answer, "state"));

	if (step->step.binding == MORTISE_BINDING_SESSION)
		return 0;
	if (state && *state)
		return state_check(run, state, err);
	if ((step->step.flags & MORTISE_STEP_STATE_OPTIONAL) && step->step.check)
		return 0;
	return err_field(err, "state", "This field is required.");
}

static int redirect_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const json_t *values = answer;

	if (redirect_state(run, step, answer, err) < 0)
		return err->code;
	if (json_is_object(json_object_get(answer, step_answer_key(step, ""))))
		values = json_object_get(answer, step->step.answer_key);
	return step_fields_check(step->fields, step->field_len, values, ret_clean, err);
}

static int redirect_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	(void)err;
	if (step->step.save_as)
		json_object_set_new(run->state, step->step.save_as, json_deep_copy(clean));
	else
		json_object_update(run->state, clean);
	return 0;
}

const struct step_kind step_redirect = {
	.kind = MORTISE_STEP_REDIRECT,
	.name = "redirect",
	.data_key = "url",
	.enter = redirect_enter,
	.check = redirect_check,
	.take = redirect_take,
	.leaves = true,
};
