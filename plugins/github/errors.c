/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What GitHub's statuses mean to us, and the words for them.  GitHub answers 404 for
 * what is missing and for what we may not see; a 403 may be a rate limit; a body that
 * says "suspended" is final for the whole installation.
 */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX INT64_C(1000000000000)

/* "What to do" behind GitHub's own message. */
static const struct meaning {
	int32_t status, code;
	const char *advice;
} meanings[] = {
	{400, MORTISE_E_UPSTREAM, NULL},
	{401, MORTISE_E_IDENTITY,
		"GitHub no longer accepts these credentials: install the GitHub App again"},
	{403, MORTISE_E_FORBIDDEN,
		"check the permissions of the GitHub App, and that its owner accepted them"},
	{404, MORTISE_E_NOT_FOUND,
		"confirm that the GitHub App may access this repository, in the settings of its "
		"installation on GitHub"},
	{409, MORTISE_E_CONFLICT, NULL},
	{410, MORTISE_E_SETTINGS, "it is disabled on GitHub: enable it there"},
	{422, MORTISE_E_UPSTREAM, NULL},
	{451, MORTISE_E_FORBIDDEN, "GitHub blocks it for legal reasons"},
};

static bool contains(const char *text, const char *words)
{
	return text && strcasestr(text, words);
}

/* At most 'NUMBER_MAX', which is more than any time that is meant; -1 if there is none. */
static int64_t header_number(const struct mortise_answer *answer, const char *name)
{
	const char *text = github_text(answer->headers, name);
	int64_t number = text ? strtoll(text, NULL, 10) : -1;

	if (number < -1)
		return -1;
	return number < NUMBER_MAX ? number : NUMBER_MAX;
}

static bool is_rate_limit(const struct mortise_answer *answer, const char *message)
{
	if (answer->status == 429)
		return true;
	return answer->status == 403 && (header_number(answer, "x-ratelimit-remaining") == 0 ||
		header_number(answer, "retry-after") >= 0 || contains(message, "rate limit"));
}

/* When GitHub wants to be asked again: what it says, else a minute from now. */
static int32_t fail_rate(struct mortise_call *call, const struct mortise_answer *answer,
	const char *message)
{
	int64_t now_ms = host->now(call);
	int64_t after_s = header_number(answer, "retry-after");
	int64_t reset_s = header_number(answer, "x-ratelimit-reset");
	int64_t until_ms = now_ms + 60000;

	if (after_s >= 0)
		until_ms = now_ms + after_s * 1000;
	else if (header_number(answer, "x-ratelimit-remaining") == 0 && reset_s * 1000 > now_ms)
		until_ms = reset_s * 1000;
	host->retry_at(call, until_ms);
	return host->fail(call, MORTISE_E_RATE, "GitHub limits our requests (HTTP %d): %s",
		(int)answer->status, message ? message : "no reason given");
}

static const struct meaning *find_meaning(int32_t status)
{
	static const struct meaning other = {0, MORTISE_E_UPSTREAM, NULL};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return &other;
}

/* Names of GitHub's that our forms call differently; NULL: not of a form. */
static const char *field_of(const char *name)
{
	static const char *const fields[][2] = {
		{"title", "title"}, {"body", "description"}, {"assignee", "assignee"},
		{"assignees", "assignee"}, {"labels", "labels"},
	};

	for (size_t i = 0; name && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i][0], name) == 0)
			return fields[i][1];
	return NULL;
}

/* GitHub refuses what a form holds: the first of its errors says which field. */
static int32_t fail_field(struct mortise_call *call, const struct mortise_answer *answer,
	const char *message)
{
	const json_t *first = json_array_get(json_object_get(answer->json, "errors"), 0);
	const char *field = field_of(github_text(first, "field"));
	const char *code = github_text(first, "code");
	const char *value = github_text(first, "value");
	const char *why = json_is_string(first) ? json_string_value(first)
		: github_text(first, "message");

	if (!field)
		return host->field_error(call, "detail", "GitHub refuses it: %.500s",
			why ? why : message ? message : "unknown error");
	return host->field_error(call, field, "GitHub refuses it: %.200s%s%.200s",
		why ? why : code ? code : "invalid", value ? ": " : "", value ? value : "");
}

int32_t github_check(struct mortise_call *call, const struct mortise_answer *answer,
	int32_t invalid)
{
	const char *message = github_text(answer->json, "message");
	const struct meaning *meaning = find_meaning(answer->status);
	int32_t code = answer->status == 422 && invalid ? invalid : meaning->code;

	if (answer->status >= 200 && answer->status < 300)
		return MORTISE_OK;
	if (contains(message, "suspended"))
		return host->fail(call, MORTISE_E_IDENTITY,
			"Error Communicating with GitHub (HTTP %d): the installation is suspended; "
			"lift the suspension in its settings on GitHub", (int)answer->status);
	if (is_rate_limit(answer, message))
		return fail_rate(call, answer, message);
	if (code == MORTISE_E_FIELD)
		return fail_field(call, answer, message);
	return host->fail(call, code, "Error Communicating with GitHub (HTTP %d): %.500s%s%s",
		(int)answer->status, message ? message : "unknown error", meaning->advice ? "; " : "",
		meaning->advice ? meaning->advice : "");
}
