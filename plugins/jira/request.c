/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Requests to Jira's REST API, its lists in pages, and what is made once. */
#include "jira.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_SIZE 512      /* of a path of ours, with its parameters still in braces */

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

int32_t jira_ask(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, struct mortise_answer *ret_answer)
{
	bool is_whole = starts_with(request->path, "/rest/") ||
		starts_with(request->path, "/plugins/");
	char path[PATH_MAX_SIZE];
	const char *credentials = request->credentials;

	if (!credentials && flavor->credentials)
		TRY(flavor->credentials(call, &credentials));
	snprintf(path, sizeof(path), "%s%s", is_whole ? "" : flavor->api, request->path);
	return host->http(call, &(struct mortise_http){
		.size = sizeof(struct mortise_http),
		.upstream = request->upstream ? request->upstream : "jira",
		.method = request->method ? request->method : "GET",
		.path = path,
		.params = request->params,
		.query = request->query,
		.body = request->body,
		.credentials = credentials,
		.once = request->once,
		.flags = request->flags,
	}, ret_answer);
}

int32_t jira_send(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, struct mortise_answer *ret_answer)
{
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = jira_ask(call, flavor, request, &answer);

	if (ret != MORTISE_OK)
		return ret;
	ret = jira_check(call, flavor, &answer, request->invalid);
	if (ret != MORTISE_OK) {
		host->answer_clear(&answer);
		return ret;
	}
	*ret_answer = answer;
	return MORTISE_OK;
}

/* The JSON of a good answer, which is cleared. */
static int32_t take_json(struct mortise_call *call, const struct flavor *flavor,
	struct mortise_answer *answer, json_t **ret_json)
{
	int32_t ret = MORTISE_OK;

	if (answer->json)
		*ret_json = json_incref(answer->json);
	else
		ret = host->fail(call, MORTISE_E_UPSTREAM, "%s answered something that is not JSON "
			"where JSON was expected; try again later", flavor->name);
	host->answer_clear(answer);
	return ret;
}

int32_t jira_get(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, json_t **ret_json)
{
	struct mortise_answer answer;

	TRY(jira_send(call, flavor, request, &answer));
	return take_json(call, flavor, &answer, ret_json);
}

/* ---- What is made once ---- */

/* An earlier attempt may have made it: take what is there, else make it now. */
static int32_t look(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, jira_find_fn *find, json_t **ret_json)
{
	json_t *found = NULL, *kept;
	int32_t ret;

	TRY(find(call, flavor, request, &found));
	if (!found) {
		TRY(host->once_clear(call, request->once));
		return jira_get(call, flavor, request, ret_json);
	}
	/* The ledger needs to know what it is, not what it says. */
	kept = json_pack("{s:O*, s:O*}", "id", json_object_get(found, "id"), "key",
		json_object_get(found, "key"));
	ret = host->once_settle(call, request->once, kept);
	json_decref(kept);
	if (ret == MORTISE_OK)
		*ret_json = found;
	else
		json_decref(found);
	return ret;
}

int32_t jira_make(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, jira_find_fn *find, json_t **ret_json)
{
	struct mortise_answer answer;
	int32_t ret = jira_send(call, flavor, request, &answer);

	if (ret == MORTISE_E_UNCERTAIN)
		return look(call, flavor, request, find, ret_json);
	if (ret != MORTISE_OK)
		return ret;
	/* The ledger keeps no long answer, and an unreadable one stays unreadable. */
	if (answer.replayed && !answer.json) {
		host->answer_clear(&answer);
		return look(call, flavor, request, find, ret_json);
	}
	return take_json(call, flavor, &answer, ret_json);
}

/* ---- Lists ---- */

/* One page from 'start' on is added to 'list'; '*ret_last' if there is none behind it. */
static int32_t add_page(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, const char *member, json_t *list, bool *ret_last)
{
	size_t start = json_array_size(list);
	struct request page = *request;
	json_t *query = request->query ? json_deep_copy(request->query) : json_object();
	json_t *answer = NULL, *items, *total, *is_last;
	int32_t ret;

	json_object_set_new(query, "startAt", json_integer((json_int_t)start));
	json_object_set_new(query, "maxResults", json_integer(PAGE_SIZE));
	page.query = query;
	ret = jira_get(call, flavor, &page, &answer);
	json_decref(query);
	if (ret != MORTISE_OK)
		return ret;
	items = member ? json_object_get(answer, member) : answer;
	if (json_is_array(items)) {
		json_array_extend(list, items);
		total = json_object_get(answer, "total");
		is_last = json_object_get(answer, "isLast");
		*ret_last = json_array_size(items) == 0 || json_is_true(is_last) ||
			(json_is_integer(total) &&
				json_integer_value(total) <= (json_int_t)json_array_size(list)) ||
			(!json_is_integer(total) && !json_is_false(is_last));
	} else {
		ret = host->fail(call, MORTISE_E_UPSTREAM, "%s answered no list of %s where one was "
			"expected; try again later", flavor->name, member ? member : "items");
	}
	json_decref(answer);
	return ret;
}

int32_t jira_list(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, const char *member, size_t max, json_t **ret_list)
{
	json_t *list = json_array();
	bool last = false;
	int32_t ret = MORTISE_OK;

	while (ret == MORTISE_OK && !last && json_array_size(list) < max)
		ret = add_page(call, flavor, request, member, list, &last);
	if (ret != MORTISE_OK) {
		json_decref(list);
		return ret;
	}
	while (json_array_size(list) > max)
		json_array_remove(list, json_array_size(list) - 1);
	*ret_list = list;
	return MORTISE_OK;
}
