/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The install of a Jira Server, Data Center included: by an application link (consumer key,
 * private key, and the access token that OAuth 1.0a gives), or by a personal access token,
 * which one is seen by what was filled in.
 *
 * What an integration is called is "host:consumer key", cut to 64 bytes; with a personal
 * access token "host:~name" with the name of its user, whom Jira itself writes as "~name".  The
 * host must fit in whole, so that no two servers ever share one.  It is made when it is
 * first known, and stays the same in the row, the identity and the webhook's token.
 *
 * That the server is the one of its address is proved only if its certificate was checked.
 */
#include "server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTERNAL_ID_MAX 64
#define HOST_MAX (EXTERNAL_ID_MAX - 2) /* ":" and one byte follow */
#define USES_TOKEN "uses_token"         /* in the state: there is no second step */

static const char setup[] = "setup";

/* ---- The form ---- */

/* "jira.corp.example:8443" of "https://Jira.corp.example:8443/jira"; a new string. */
static char *host_of(const char *url)
{
	const char *start = strstr(url, "://");
	char *name;

	start = start ? start + 3 : url;
	name = strndup(start, strcspn(start, "/?#"));
	for (char *c = name; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

static char *make_external_id(const char *host_name, const char *mark, const char *key)
{
	char *whole = NULL, *cut;

	if (asprintf(&whole, "%s:%s%s", host_name, mark, key) < 0)
		return NULL;
	cut = jira_cut(whole, EXTERNAL_ID_MAX);
	free(whole);
	return cut;
}

static int32_t has_secret(struct mortise_call *call, const char *slot, bool *ret_has)
{
	json_t *answer = NULL;

	TRY(jira_read(call, MORTISE_READ_SECRET_PRESENT, "slot", slot, &answer));
	*ret_has = json_is_true(json_object_get(answer, "present"));
	json_decref(answer);
	return MORTISE_OK;
}

/* One of the two ways, and that one whole. */
static int32_t check_way(struct mortise_call *call, const json_t *answer, bool *ret_token)
{
	static const char either[] = "Give a consumer key with its private key, or a personal access "
		"token.";
	bool key = false, token = false;
	const char *consumer = jira_short(answer, "consumer_key", PROSE_MAX_SIZE);

	TRY(has_secret(call, "state:private_key", &key));
	TRY(has_secret(call, "state:access_token", &token));
	*ret_token = token;
	if (token && (key || consumer))
		return host->field_error(call, "access_token", "%s Not both.", either);
	if (token)
		return MORTISE_OK;
	if (!consumer)
		host->field_error(call, "consumer_key", "%s", either);
	if (!key)
		host->field_error(call, "private_key", "%s", either);
	return consumer && key ? MORTISE_OK : MORTISE_E_FIELD;
}

/* Whose token is it?  A new string. */
static int32_t read_token_user(struct mortise_call *call, char **ret_name)
{
	const struct request ask = {.path = "/myself", .upstream = setup,
		.credentials = "setup_token", .flags = MORTISE_HTTP_NO_CACHE};
	json_t *user = NULL;
	const char *name;
	int32_t ret = jira_get(call, &jira_server, &ask, &user);

	if (ret == MORTISE_E_IDENTITY)
		return host->field_error(call, "access_token", "Jira does not accept this token: make a "
			"new one in the profile of an administrator of Jira.");
	if (ret == MORTISE_E_NOT_FOUND || ret == MORTISE_E_UPSTREAM)
		return host->field_error(call, "url", "No Jira Server answers at this address, or none "
			"that we can reach, or its certificate is not one that is known here.");
	if (ret != MORTISE_OK)
		return ret;
	name = jira_short(user, "name", KEY_MAX_SIZE);
	if (name)
		*ret_name = strdup(name);
	else
		ret = host->field_error(call, "url", "What answers at this address is no Jira Server.");
	json_decref(user);
	return ret;
}

int32_t server_check_form(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *answer = json_object_get(input, "answer");
	const char *url = jira_text(answer, "url");
	char *host_name = host_of(url ? url : ""), *user = NULL, *id = NULL;
	bool token = false;
	int32_t ret = check_way(call, answer, &token);

	if (ret == MORTISE_OK && strlen(host_name) > HOST_MAX)
		ret = host->field_error(call, "url", "The host name is too long: at most %d characters.",
			HOST_MAX);
	if (ret == MORTISE_OK && token)
		ret = read_token_user(call, &user);
	if (ret == MORTISE_OK) {
		id = make_external_id(host_name, token ? "~" : "",
			token ? user : jira_text(answer, "consumer_key"));
		*ret_output = json_pack("{s:{s:s, s:s, s:s, s:o*}}", "state", "external_id", id,
			"domain_name", host_name, "auth", token ? "token" : "oauth1", USES_TOKEN,
			token ? json_true() : NULL);
	}
	free(id);
	free(user);
	free(host_name);
	return ret;
}

/* ---- Build ---- */

static struct request as_installer(const json_t *state)
{
	const char *auth = jira_text(state, "auth");

	return (struct request){.upstream = setup,
		.credentials = auth && strcmp(auth, "token") == 0 ? "setup_token" : "setup_oauth1"};
}

static bool is_proved(const json_t *state)
{
	const char *url = jira_text(state, "url");

	return url && strncasecmp(url, "https://", 8) == 0 &&
		!json_is_false(json_object_get(state, "verify_ssl"));
}

static json_t *metadata_of(const json_t *state)
{
	return json_pack("{s:O*, s:O*, s:b, s:O*, s:O*}", "base_url", json_object_get(state, "url"),
		"domain_name", json_object_get(state, "domain_name"), "verify_ssl",
		!json_is_false(json_object_get(state, "verify_ssl")), "auth",
		json_object_get(state, "auth"), "consumer_key", json_object_get(state, "consumer_key"));
}

static json_t *secrets_of(bool token)
{
	json_t *secrets = json_pack("{s:s, s:s}", "access_token", "access_token", "webhook_secret",
		"webhook_secret");

	if (!token)
		json_object_set_new(secrets, "private_key", json_string("private_key"));
	return secrets;
}

int32_t server_build(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *state = json_object_get(input, "state");
	const char *id = jira_text(state, "external_id");
	bool token = json_is_true(json_object_get(state, USES_TOKEN));
	const char *name = jira_text(state, token ? "domain_name" : "consumer_key");
	struct request as = as_installer(state);
	char *url = NULL;
	int32_t ret;

	if (!id || !name)
		return host->fail(call, MORTISE_E_SETTINGS, "Missing installation data: start again.");
	TRY(server_webhook_url(call, "state:webhook_secret", id, &url));
	ret = server_webhook_make(call, &as, url);
	free(url);
	if (ret != MORTISE_OK)
		return ret;
	*ret_output = json_pack("{s:s, s:s, s:o, s:s, s:o, s:{s:s, s:s, s:[]}, s:{}}", "external_id",
		id, "name", name, "metadata", metadata_of(state), "ownership",
		is_proved(state) ? "proved" : "claimed", "secrets", secrets_of(token), "identity", "type",
		"jira_server", "external_id", id, "scopes", "post_install");
	return MORTISE_OK;
}

/* What build made is of no use. */
int32_t server_undo(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *made = json_object_get(json_object_get(input, "made"), WEBHOOK_ONCE);
	json_t *auth = NULL, *state;
	struct request as;
	int32_t ret;

	(void)ret_output;
	if (!made)
		return MORTISE_OK;
	TRY(jira_read(call, MORTISE_READ_STATE, "pointer", "/auth", &auth));
	state = json_pack("{s:o}", "auth", auth);
	as = as_installer(state);
	ret = server_webhook_remove_made(call, &as, made);
	json_decref(state);
	return ret;
}

/* ---- Afterwards ---- */

int32_t server_credentials(struct mortise_call *call, const char **ret_name)
{
	char *auth = NULL;

	TRY(jira_metadata(call, "/auth", &auth));
	*ret_name = strcmp(auth, "token") == 0 ? "token" : "oauth1";
	free(auth);
	return MORTISE_OK;
}

/* The address of our webhook as it is now; a new string. */
static int32_t read_webhook_url(struct mortise_call *call, char **ret_url)
{
	json_t *args = json_object(), *integration = NULL;
	int32_t ret = host->read(call, MORTISE_READ_INTEGRATION, args, &integration);

	json_decref(args);
	if (ret == MORTISE_OK)
		ret = server_webhook_url(call, "integration:webhook_secret",
			jira_text(integration, "external_id"), ret_url);
	json_decref(integration);
	return ret;
}

/* An install that renews one leaves the webhook of the former behind, whose token is no
 * longer good. */
int32_t server_post_install(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const struct request as = {0};
	char *url = NULL;
	int32_t ret = jira_effect(call, MORTISE_EFFECT_TASK, json_pack("{s:s}", "name",
		SYNC_METADATA));

	(void)input;
	(void)ret_output;
	if (ret == MORTISE_OK)
		ret = read_webhook_url(call, &url);
	if (ret == MORTISE_OK)
		ret = server_webhook_remove(call, &as, url, true);
	free(url);
	return ret;
}

/* Jira may be gone or our access to it revoked: that keeps nobody from leaving. */
int32_t server_uninstall(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const struct request as = {0};
	char *url = NULL;
	int32_t ret;

	(void)ret_output;
	if (!json_is_true(json_object_get(input, "last")))
		return MORTISE_OK;
	ret = read_webhook_url(call, &url);
	if (ret == MORTISE_OK)
		ret = server_webhook_remove(call, &as, url, false);
	free(url);
	if (ret == MORTISE_E_CANCELLED)
		return ret;
	if (ret != MORTISE_OK)
		host->log(call, MORTISE_LOG_WARNING, "jira_server.webhook_left", NULL);
	return MORTISE_OK;
}
