/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Steps of kind oauth1 (OAuth 1.0a, RFC 5849): we get a request token, the browser leaves
 * to have it authorized and comes back with it, and it is exchanged for an access token.
 * Nothing of ours travels along, so the request token itself binds what comes back; it
 * counts only for the pipeline of who sent it out, and once.  Request workers.
 */
#include "config.h"
#include "core/pipeline/step.h"

#include <string.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"
#include "core/upstream/oauth1.h"
#include "core/upstream/upstream.h"

#define VALUE_MAX 1024
#define PROBLEM_MAX 64

static void secret_clear(char **secret)
{
	if (*secret)
		sodium_memzero(*secret, strlen(*secret));
	free(*secret);
}

#define cleanup_text_secret __attribute__((__cleanup__(secret_clear)))

static int authorize_url(struct pipeline_run *run, const struct reg_step *step,
	const char *token, struct buf *url, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *base = NULL;

	if (upstream_template(run->daemon, &scope, step->step.authorize_url, NULL, &base, err) < 0)
		return err->code;
	buf_add_text(url, base);
	step_query_add(url, "oauth_token", token);
	if (url->failed)
		return err_set(err, MORTISE_E_LIMIT, "the authorize URL of %s is too long",
			run->row.provider);
	return 0;
}

static int oauth1_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *redirect_uri = step_redirect_uri(run);
	cleanup_buf struct buf url = BUF(STEP_URL_MAX);
	cleanup_text_secret char *token = NULL;
	cleanup_text_secret char *secret = NULL;

	if (oauth1_request_token(run->daemon, &scope, &step->step,
		    step->step.flags & MORTISE_STEP_CALLBACK ? redirect_uri : NULL, &token,
		    &secret, err) < 0 ||
		authorize_url(run, step, token, &url, err) < 0)
		return err->code;
	json_object_set_new(data, step_data_key(&step_oauth1, step), json_string(buf_text(&url)));
	json_object_set_new(private, "token", json_string(token));
	json_object_set_new(private, "token_secret", json_string(secret));
	return 0;
}

/* Constant time: is it the request token that was sent out? */
static bool token_matches(const struct pipeline_run *run, const char *token)
{
	const json_t *private = json_object_get(run->shown, "private");
	const json_t *sent = json_object_get(private, "token");
	size_t size = json_string_length(sent);

	return size > 0 && strlen(token) == size &&
		sodium_memcmp(token, json_string_value(sent), size) == 0;
}

static int token_check(const struct pipeline_run *run, const char *token, struct err *err)
{
	if (token_matches(run, token))
		return 0;
	log_limited(MORTISE_LOG_NOTICE, "pipeline.bad_state", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider));
	return err_set(err, MORTISE_E_FORBIDDEN,
		"the token that came back is not the one that was sent out; do this step again");
}

/* What the upstream says went wrong: "user_refused", "token_expired"; NULL: nothing.  A
 * refusal may also stand in place of the verifier. */
static const char *problem_of(const json_t *answer)
{
	const char *problem = json_string_value(json_object_get(answer, "oauth_problem"));
	const char *verifier = json_string_value(json_object_get(answer, "oauth_verifier"));

	if (problem)
		return problem;
	return verifier && strcmp(verifier, "denied") == 0 ? "user_refused" : NULL;
}

static int oauth1_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const char *token = json_string_value(json_object_get(answer, "oauth_token"));
	const char *verifier = json_string_value(json_object_get(answer, "oauth_verifier"));
	const char *problem = problem_of(answer);
	bool callback = step->step.flags & MORTISE_STEP_CALLBACK;

	/* A problem may come without the token: all that it does is to end this attempt. */
	if (!token && !problem)
		return err_field(err, "oauth_token", "This field is required.");
	if (token && token_check(run, token, err) < 0)
		return err->code;
	if (problem) {
		*ret_clean = json_pack("{s:s}", "problem", problem);
		return 0;
	}
	/* An upstream that was given no callback need not send a verifier; the token that
	 * came back goes in its place. */
	if (!verifier && !callback)
		verifier = token;
	if (!verifier || !*verifier)
		return err_field(err, "oauth_verifier", "This field is required.");
	if (strlen(verifier) > VALUE_MAX)
		return err_field(err, "oauth_verifier", "The value is too long.");
	*ret_clean = json_pack("{s:s}", "verifier", verifier);
	return 0;
}

/* The words of a problem, as far as they are words. */
static int refused(const struct pipeline_run *run, const char *problem, struct err *err)
{
	size_t size = strspn(problem, "abcdefghijklmnopqrstuvwxyz_");

	log_limited(MORTISE_LOG_NOTICE, "pipeline.denied", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider));
	if (strcmp(problem, "user_refused") == 0 || strcmp(problem, "permission_denied") == 0)
		return err_set(err, MORTISE_E_FORBIDDEN,
			"%s did not grant the authorization; do this step again to grant it",
			run->provider->provider.name);
	if (size == 0 || size > PROBLEM_MAX || problem[size])
		return err_set(err, MORTISE_E_FORBIDDEN,
			"%s could not authorize this; do this step again",
			run->provider->provider.name);
	return err_set(err, MORTISE_E_FORBIDDEN,
		"%s could not authorize this (\"%s\"); do this step again",
		run->provider->provider.name, problem);
}

static void token_save(struct pipeline_run *run, const char *save_as, const char *token,
	const char *secret)
{
	cleanup_free char *secret_name = xasprintf("%s.secret", save_as);

	json_object_set_new(run->secrets, save_as, json_string(token));
	json_object_set_new(run->secrets, secret_name, json_string(secret));
}

static int oauth1_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	const json_t *private = json_object_get(run->shown, "private");
	const char *problem = json_string_value(json_object_get(clean, "problem"));
	const char *save_as = step->step.save_as ? step->step.save_as : step->step.name;
	cleanup_text_secret char *token = NULL;
	cleanup_text_secret char *secret = NULL;
	json_t *facts;

	if (problem)
		return refused(run, problem, err);
	if (oauth1_access_token(run->daemon, &scope, &step->step,
		    json_string_value(json_object_get(private, "token")),
		    json_string_value(json_object_get(clean, "verifier")), &facts, &token, &secret,
		    err) < 0)
		return err->code;
	token_save(run, save_as, token, secret);
	json_object_set_new(run->state, save_as, facts);
	json_object_clear(clean);
	return 0;
}

const struct step_kind step_oauth1 = {
	.kind = MORTISE_STEP_OAUTH1,
	.name = "oauth1",
	.data_key = "oauthUrl",
	.enter = oauth1_enter,
	.check = oauth1_check,
	.take = oauth1_take,
	.leaves = true,
};
