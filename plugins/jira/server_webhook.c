/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The webhook that Jira Server tells us changes by.  Its address holds a signed token, so
 * that the address is the secret; the token names the integration, which is how we find our
 * own webhooks again: two addresses of one integration differ only in the signature.
 *
 * Jira 10 keeps webhooks at another address than versions before, and answers 404 at the
 * old one.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSIC "/rest/webhooks/1.0/webhook"
#define SINCE_10 "/rest/jira-webhook/1.0/webhooks"
#define OUR_PATH "/extensions/jira-server/issue-updated/"

static const char *const paths[] = {CLASSIC, SINCE_10};

int32_t server_webhook_url(struct mortise_call *call, const char *slot, const char *external_id,
	char **ret_url)
{
	json_t *claims = json_pack("{s:s}", "id", external_id), *prefix = NULL;
	char *token = NULL;
	int32_t ret = host->jwt_sign(call, MORTISE_ALGORITHM_HS256, slot, claims, &token);

	json_decref(claims);
	if (ret != MORTISE_OK)
		return ret;
	ret = jira_read(call, MORTISE_READ_PUBLIC_URL, "path", OUR_PATH, &prefix);
	if (ret == MORTISE_OK && asprintf(ret_url, "%s%s/", json_string_value(prefix), token) < 0)
		ret = host->fail(call, MORTISE_E_INTERNAL, "out of memory");
	json_decref(prefix);
	free(token);
	return ret;
}

/* The same request at the address that this version of Jira knows. */
static int32_t send_where_it_is(struct mortise_call *call, const struct request *request,
	const char *below, struct mortise_answer *ret_answer)
{
	struct request there = *request;
	char path[128];

	EACH(i, paths) {
		*ret_answer = (struct mortise_answer){.size = sizeof(*ret_answer)};
		snprintf(path, sizeof(path), "%s%s", paths[i], below);
		there.path = path;
		TRY(jira_ask(call, &jira_server, &there, ret_answer));
		if (ret_answer->status != 404 || i + 1 == sizeof(paths) / sizeof(paths[0]))
			break;
		host->answer_clear(ret_answer);
	}
	return MORTISE_OK;
}

/* All webhooks of this Jira; those of others, too. */
static int32_t list(struct mortise_call *call, const struct request *as, json_t **ret_list)
{
	struct request request = *as;
	struct mortise_answer answer;
	int32_t ret;

	request.flags = MORTISE_HTTP_NO_CACHE;
	TRY(send_where_it_is(call, &request, "", &answer));
	ret = jira_check(call, &jira_server, &answer, 0);
	if (ret == MORTISE_OK && !json_is_array(answer.json))
		ret = host->fail(call, MORTISE_E_UPSTREAM, "Jira Server answered no list of webhooks; try "
			"again later");
	if (ret == MORTISE_OK)
		*ret_list = json_incref(answer.json);
	host->answer_clear(&answer);
	return ret;
}

/* Is it of the same integration?  Up to the signature, the last part of the token. */
static bool is_sibling(const char *url, const char *ours)
{
	const char *end = strrchr(ours, '.');

	return url && end && strncmp(url, ours, (size_t)(end - ours) + 1) == 0;
}

/* ---- Making it ---- */

/* "Could not create the issue webhook": with what Jira says about it. */
static int32_t fail_make(struct mortise_call *call, const struct mortise_answer *answer)
{
	json_t *message = json_array_get(json_object_get(answer->json, "messages"), 0);
	const char *detail = json_string_value(json_object_iter_value(json_object_iter(message)));

	if (answer->status == 429 || answer->status >= 500)
		return jira_check(call, &jira_server, answer, 0);
	return host->fail(call, MORTISE_E_SETTINGS, "Could not create the issue webhook in Jira (HTTP "
		"%d)%s%.300s. The user who allows the install must be an administrator of Jira.",
		(int)answer->status, detail ? ": " : "", detail ? detail : "");
}

/* After a lost answer: is it there? */
static int32_t look(struct mortise_call *call, const struct request *as, const char *url,
	bool *ret_found)
{
	json_t *webhooks = NULL, *webhook, *found = NULL;
	size_t i;

	TRY(list(call, as, &webhooks));
	json_array_foreach(webhooks, i, webhook) {
		const char *own = jira_text(webhook, "url");

		if (own && strcmp(own, url) == 0)
			found = webhook;
	}
	*ret_found = found != NULL;
	if (found)
		TRY(host->once_settle(call, WEBHOOK_ONCE, found));
	json_decref(webhooks);
	return MORTISE_OK;
}

static int32_t make(struct mortise_call *call, const struct request *as, const char *url)
{
	char *product = NULL;
	struct request request = *as;
	struct mortise_answer answer;
	json_t *body;
	int32_t ret;

	TRY(jira_product(call, &product));
	body = json_pack("{s:s+, s:s, s:[s, s]}", "name", product, " Issue Sync", "url", url, "events",
		"jira:issue_created", "jira:issue_updated");
	free(product);
	request.method = "POST";
	request.body = body;
	request.once = WEBHOOK_ONCE;
	ret = send_where_it_is(call, &request, "", &answer);
	json_decref(body);
	if (ret != MORTISE_OK)
		return ret;
	if (answer.status < 200 || answer.status > 299)
		ret = fail_make(call, &answer);
	host->answer_clear(&answer);
	return ret;
}

int32_t server_webhook_make(struct mortise_call *call, const struct request *as,
	const char *url)
{
	bool found = false;
	int32_t ret = make(call, as, url);

	if (ret != MORTISE_E_UNCERTAIN)
		return ret;
	TRY(look(call, as, url, &found));
	if (found)
		return MORTISE_OK;
	TRY(host->once_clear(call, WEBHOOK_ONCE));
	return make(call, as, url);
}

/* ---- Removing it ---- */

/* Its id, which Jira gives as the end of its own address and, mostly, as a number. */
static bool read_id(const json_t *webhook, char ret_id[24])
{
	const json_t *id = json_object_get(webhook, "id");
	const char *self = jira_text(webhook, "self");
	const char *slash = self ? strrchr(self, '/') : NULL;

	if (json_is_integer(id) && json_integer_value(id) > 0) {
		snprintf(ret_id, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
		return true;
	}
	if (!slash || !slash[1] || strlen(slash + 1) > 20 ||
		slash[1 + strspn(slash + 1, "0123456789")])
		return false;
	snprintf(ret_id, 24, "%s", slash + 1);
	return true;
}

int32_t server_webhook_remove_made(struct mortise_call *call, const struct request *as,
	const json_t *made)
{
	struct request request = *as;
	struct mortise_answer answer;
	char id[24], below[32];
	int32_t ret;

	if (!read_id(made, id))
		return MORTISE_OK;
	snprintf(below, sizeof(below), "/%s", id);
	request.method = "DELETE";
	TRY(send_where_it_is(call, &request, below, &answer));
	/* Somebody was faster. */
	ret = answer.status == 404 ? MORTISE_OK : jira_check(call, &jira_server, &answer, 0);
	host->answer_clear(&answer);
	return ret;
}

int32_t server_webhook_remove(struct mortise_call *call, const struct request *as,
	const char *url, bool keep_this)
{
	json_t *webhooks = NULL, *webhook;
	size_t i;
	int32_t ret = list(call, as, &webhooks);

	json_array_foreach(webhooks, i, webhook) {
		const char *own = jira_text(webhook, "url");

		if (ret == MORTISE_OK && is_sibling(own, url) &&
			!(keep_this && strcmp(own, url) == 0))
			ret = server_webhook_remove_made(call, as, webhook);
	}
	json_decref(webhooks);
	return ret;
}
