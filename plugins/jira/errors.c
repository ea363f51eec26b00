/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the statuses and bodies of Jira mean to us, and the words for them.
 *
 * Jira says what is wrong as {"errorMessages": [text], "errors": {field: text}}; its OAuth
 * servlet as "oauth_problem=word", its webhook resource as {"messages": [{"key": text}]}.
 * What stands before it (a proxy, a maintenance page) answers HTML, of which nothing is
 * ever shown.
 */
#include "jira.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ERRORS_MAX 50          /* fields that are named in one answer of ours */
#define MESSAGE_MAX 500
#define FIELD_MAX 64
#define WAIT_MAX_S (24 * 3600)

/* "What to do" behind Jira's own message. */
static const struct meaning {
	int32_t status, code;
	const char *advice;
} meanings[] = {
	{400, MORTISE_E_SETTINGS, NULL},
	{401, MORTISE_E_IDENTITY, "it no longer accepts these credentials: install it again"},
	{403, MORTISE_E_FORBIDDEN,
		"check the permissions that our account has in Jira, in this project"},
	{404, MORTISE_E_NOT_FOUND, "it is gone, or our account in Jira may not see it"},
	{409, MORTISE_E_CONFLICT, NULL},
	{410, MORTISE_E_SETTINGS, "this version of Jira no longer has it"},
	{413, MORTISE_E_SETTINGS, "what was sent is larger than Jira takes"},
};

/* Words of the OAuth servlet. */
static const struct {
	const char *word, *text;
} problems[] = {
	{"timestamp_refused", "the clocks of both sides differ too much: set them by NTP"},
	{"nonce_used", "a request was repeated"},
	{"token_rejected", "the access token is not valid: install it again"},
	{"token_revoked", "the access token was revoked: install it again"},
	{"token_expired", "the access token has expired: install it again"},
	{"consumer_key_unknown", "no application link has this consumer key"},
	{"consumer_key_rejected", "no application link has this consumer key"},
	{"signature_invalid", "the public key of the application link does not belong to our private key"},
	{"permission_denied", "the application link does not permit it"},
};

/* ---- Words ---- */

static void add(char **text, const char *more)
{
	char *longer = NULL;

	if (strlen(*text) < MESSAGE_MAX && asprintf(&longer, "%s%s%s", *text, **text ? " " : "",
		more) >= 0) {
		free(*text);
		*text = longer;
	}
}

/* A text, or the first of a list of them. */
static const char *first_text(const json_t *value)
{
	return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

static void add_field_errors(char **text, json_t *errors)
{
	const char *field;
	json_t *why;

	json_object_foreach(errors, field, why) {
		char *one = NULL;

		if (first_text(why) && asprintf(&one, "%.64s: %.300s", field, first_text(why)) >= 0)
			add(text, one);
		free(one);
	}
}

/* "oauth_problem=token_rejected&…" */
static const char *problem_text(const char *bytes)
{
	const char *at = bytes ? strstr(bytes, "oauth_problem=") : NULL;
	const char *word = at ? at + strlen("oauth_problem=") : "";
	size_t size = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if (size == strlen(problems[i].word) && strncmp(word, problems[i].word, size) == 0)
			return problems[i].text;
	return NULL;
}

/* The first value of the first of the messages of the webhook resource. */
static const char *webhook_text(const json_t *body)
{
	json_t *message = json_array_get(json_object_get(body, "messages"), 0);

	return json_string_value(json_object_iter_value(json_object_iter(message)));
}

/* All that Jira says, a new string; "" if it says nothing that we can show. */
static char *say(const struct mortise_answer *answer)
{
	char *text = strdup("");
	json_t *message;
	size_t i;

	if (!text)
		return NULL;
	json_array_foreach(json_object_get(answer->json, "errorMessages"), i, message)
		if (json_is_string(message))
			add(&text, json_string_value(message));
	add_field_errors(&text, json_object_get(answer->json, "errors"));
	if (!*text && webhook_text(answer->json))
		add(&text, webhook_text(answer->json));
	if (!*text && jira_text(answer->json, "message"))
		add(&text, jira_text(answer->json, "message"));
	if (problem_text(answer->bytes))
		add(&text, problem_text(answer->bytes));
	return text;
}

/* ---- Fields ---- */

static bool contains(const char *text, const char *words)
{
	return strcasestr(text, words) != NULL;
}

/* Two of the general messages are about a field all the same. */
static const char *field_of_message(const char *message)
{
	if (contains(message, "Team with id '") && contains(message, "not found"))
		return "Team Field";
	if (contains(message, "issue does not exist or you do not have permission to see it"))
		return "Issue";
	return NULL;
}

static bool tell_field(struct mortise_call *call, const char *field, const char *text)
{
	char *name;

	if (!text || !*field)
		return false;
	name = jira_cut(strcmp(field, "summary") == 0 ? "title" : field, FIELD_MAX);
	host->field_error(call, name ? name : "detail", "%.500s", text);
	free(name);
	return true;
}

/* Name what Jira says of fields of the form; how many there were. */
static size_t tell_fields(struct mortise_call *call, const json_t *body)
{
	size_t i, told = 0;
	const char *field;
	json_t *message, *why;

	json_object_foreach(json_object_get(body, "errors"), field, why)
		if (told < ERRORS_MAX)
			told += tell_field(call, field, first_text(why));
	json_array_foreach(json_object_get(body, "errorMessages"), i, message) {
		const char *text = json_string_value(message);

		field = text ? field_of_message(text) : NULL;
		if (field && told < ERRORS_MAX)
			told += tell_field(call, field, text);
	}
	return told;
}

/* ---- Limits ---- */

/* Seconds from now, or a moment as ISO 8601; 0: neither. */
static int64_t header_ms(struct mortise_call *call, const struct mortise_answer *answer)
{
	const char *after = jira_text(answer->headers, "retry-after");
	const char *reset = jira_text(answer->headers, "x-ratelimit-reset");
	struct tm tm = {0};

	if (after && isdigit((unsigned char)*after)) {
		int64_t wait_s = strtoll(after, NULL, 10);

		return host->now(call) + (wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S) * 1000;
	}
	if (reset && strptime(reset, "%Y-%m-%dT%H:%M", &tm))
		return (int64_t)timegm(&tm) * 1000 + 60000;
	return 0;
}

/* When Jira wants to be asked again: what it says, else a minute from now. */
static int32_t fail_rate(struct mortise_call *call, const struct flavor *flavor,
	const struct mortise_answer *answer)
{
	const char *reason = jira_text(answer->headers, "ratelimit-reason");
	int64_t now_ms = host->now(call), until_ms = header_ms(call, answer);

	host->retry_at(call, until_ms > now_ms ? until_ms : now_ms + 60000);
	return host->fail(call, MORTISE_E_RATE, "%s limits our requests (HTTP %d): %.100s",
		flavor->name, (int)answer->status, reason ? reason : "no reason given");
}

/* ---- The table ---- */

static const struct meaning *find_meaning(int32_t status)
{
	static const struct meaning other = {0, MORTISE_E_UPSTREAM, NULL};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return &other;
}

/* Jira has answered 200 with nothing but errors before. */
static bool is_error_body(const json_t *body)
{
	return json_array_size(json_object_get(body, "errorMessages")) +
		json_object_size(json_object_get(body, "errors")) > 0 &&
		!json_object_get(body, "id") && !json_object_get(body, "key");
}

/* Is it Jira that answers, or something that stands before it? */
static bool is_jira(const struct mortise_answer *answer)
{
	return answer->json || !answer->bytes || !*answer->bytes || problem_text(answer->bytes);
}

static int32_t fail_status(struct mortise_call *call, const struct flavor *flavor,
	const struct mortise_answer *answer)
{
	const struct meaning *meaning = find_meaning(answer->status);
	int32_t ret;
	char *text;

	if (!is_jira(answer))
		return host->fail(call, meaning->code, "Something went wrong talking to %s (HTTP %d): the "
			"answer is a page and not Jira's; check what stands between us and it", flavor->name,
			(int)answer->status);
	text = say(answer);
	ret = host->fail(call, meaning->code, "Error Communicating with %s (HTTP %d): %.500s%s%s",
		flavor->name, (int)answer->status, text && *text ? text : "unknown error",
		meaning->advice ? "; " : "", meaning->advice ? meaning->advice : "");
	free(text);
	return ret;
}

int32_t jira_check(struct mortise_call *call, const struct flavor *flavor,
	const struct mortise_answer *answer, int32_t invalid)
{
	int32_t status = answer->status;

	if (status >= 200 && status < 300 && !is_error_body(answer->json))
		return MORTISE_OK;
	if (status == 429 || (status == 503 && jira_text(answer->headers, "retry-after")))
		return fail_rate(call, flavor, answer);
	if (invalid == MORTISE_E_FIELD && (status == 400 || status == 404) &&
		tell_fields(call, answer->json) > 0)
		return MORTISE_E_FIELD;
	if (invalid && invalid != MORTISE_E_FIELD && status == 400) {
		char *text = say(answer);
		int32_t ret = host->fail(call, invalid, "Error Communicating with %s (HTTP 400): %.500s",
			flavor->name, text && *text ? text : "unknown error");

		free(text);
		return ret;
	}
	return fail_status(call, flavor, answer);
}
