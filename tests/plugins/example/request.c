/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Requests to the code host's API, what its statuses mean to us, and small things that
 * every callback needs.
 */
#include "example.h"

#include <stdlib.h>
#include <string.h>

/* ---- Statuses ---- */

static const struct meaning {
	int32_t status, code;
	const char *advice;
} meanings[] = {
	{401, MORTISE_E_IDENTITY, "the access has ended: install the integration again"},
	{403, MORTISE_E_FORBIDDEN, "check providers." PROVIDER ".scopes and what the account may"},
	{404, MORTISE_E_NOT_FOUND, "it is gone, or hidden from the account"},
	{429, MORTISE_E_RATE, "it limits our requests"},
	{0, MORTISE_E_UPSTREAM, "try again later"},
};

static int32_t fail_status(struct mortise_call *call, const struct mortise_answer *answer)
{
	const char *after = json_string_value(json_object_get(answer->headers, "retry-after"));
	const struct meaning *meaning = meanings;

	while (meaning->status != 0 && meaning->status != answer->status)
		meaning++;
	if (meaning->code == MORTISE_E_RATE)
		host->retry_at(call, host->now(call) + 1000 * (after ? strtoll(after, NULL, 10) : 60));
	return host->fail(call, meaning->code, "the code host answered with status %d: %s",
		(int)answer->status, meaning->advice);
}

/* ---- Requests ---- */

/* The URL that a Link header calls "next", or NULL. */
static char *next_page(const json_t *headers)
{
	const char *link = json_string_value(json_object_get(headers, "link"));
	const char *relation = link ? strstr(link, "rel=\"next\"") : NULL;
	const char *start = NULL;

	for (const char *at = link; relation && (at = strchr(at, '<')) && at < relation; at++)
		start = at + 1;
	return start ? strndup(start, strcspn(start, ">")) : NULL;
}

int32_t example_get(struct mortise_call *call, const char *credentials, const char *path,
	const json_t *params, json_t **ret_json, char **ret_next)
{
	const struct mortise_http request = {.size = sizeof(request), .upstream = "api",
		.method = "GET", .path = path, .params = params, .credentials = credentials};
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = host->http(call, &request, &answer);

	/* No answer came: the host has said why. */
	if (ret != MORTISE_OK)
		return ret;
	if (answer.status != 200)
		ret = fail_status(call, &answer);
	else if (!answer.json)
		ret = host->fail(call, MORTISE_E_UPSTREAM, "the code host's answer is not JSON: "
			"check providers." PROVIDER ".api_url");
	if (ret == MORTISE_OK) {
		*ret_json = json_incref(answer.json);
		if (ret_next)
			*ret_next = next_page(answer.headers);
	}
	host->answer_clear(&answer);
	return ret;
}

int32_t example_setting(struct mortise_call *call, const char *name, char **ret_text)
{
	json_t *args = json_pack("{s:s}", "name", name);
	json_t *value = NULL;
	int32_t ret = host->read(call, MORTISE_READ_SETTING, args, &value);

	json_decref(args);
	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	*ret_text = strdup(json_is_string(value) ? json_string_value(value) : "");
	json_decref(value);
	return MORTISE_OK;
}

/* ---- JSON ---- */

char *example_text_at(const json_t *json, const char *pointer)
{
	while (json && *pointer == '/') {
		size_t size = strcspn(pointer + 1, "/");
		char *name = strndup(pointer + 1, size);

		json = json_object_get(json, name);
		free(name);
		pointer += size + 1;
	}
	if (json_is_string(json) && json_string_length(json) > 0)
		return strdup(json_string_value(json));
	return json_is_integer(json) ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
}

int32_t example_effect(struct mortise_call *call, const char *type, json_t *record_take)
{
	int32_t ret = host->effect(call, type, record_take);

	json_decref(record_take);
	return ret;
}
