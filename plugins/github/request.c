/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Requests to GitHub's REST API, and its lists in pages. */
#include "github.h"

#include <stdlib.h>
#include <string.h>

int32_t github_send(struct mortise_call *call, const struct request *request,
	struct mortise_answer *ret_answer)
{
	const struct mortise_http http = {
		.size = sizeof(http),
		.upstream = "api",
		.method = request->method ? request->method : "GET",
		.path = request->path,
		.params = request->params,
		.query = request->query,
		.headers = request->headers,
		.body = request->body,
		.credentials = request->credentials,
		.once = request->once,
		.flags = request->flags,
	};
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = host->http(call, &http, &answer);

	if (ret != MORTISE_OK)
		return ret;
	ret = github_check(call, &answer, request->invalid);
	if (ret != MORTISE_OK) {
		host->answer_clear(&answer);
		return ret;
	}
	*ret_answer = answer;
	return MORTISE_OK;
}

/* The JSON of a good answer, which is cleared. */
static int32_t take_json(struct mortise_call *call, struct mortise_answer *answer,
	json_t **ret_json)
{
	int32_t ret = MORTISE_OK;

	if (answer->json)
		*ret_json = json_incref(answer->json);
	else
		ret = host->fail(call, MORTISE_E_UPSTREAM, "GitHub answered something that is not JSON "
			"where JSON was expected; try again later");
	host->answer_clear(answer);
	return ret;
}

int32_t github_get(struct mortise_call *call, const struct request *request, json_t **ret_json)
{
	struct mortise_answer answer;
	int32_t ret = github_send(call, request, &answer);

	return ret == MORTISE_OK ? take_json(call, &answer, ret_json) : ret;
}

/* ---- What is made once ---- */

int32_t github_find_marked(struct mortise_call *call, struct pages *pages, const char *mark,
	json_t **ret_found)
{
	json_t *items, *item, *found = NULL;
	size_t i;
	int32_t ret;

	while (!found && (ret = github_page(call, pages, &items)) == MORTISE_OK && items) {
		json_array_foreach(items, i, item)
			if (!found && github_has_mark(github_text(item, "body"), mark))
				found = json_incref(item);
		json_decref(items);
	}
	*ret_found = found;
	return found ? MORTISE_OK : ret;
}

/* An earlier attempt may have made it: take what is there, else make it now. */
static int32_t look(struct mortise_call *call, const struct request *request,
	github_find_fn *find, json_t **ret_json)
{
	json_t *found = NULL, *kept;
	int32_t ret = find(call, request->params, request->once, &found);

	if (ret != MORTISE_OK)
		return ret;
	if (!found) {
		ret = host->once_clear(call, request->once);
		return ret == MORTISE_OK ? github_get(call, request, ret_json) : ret;
	}
	/* What the ledger need not keep is the text, which may be long. */
	kept = json_copy(found);
	json_object_del(kept, "body");
	ret = host->once_settle(call, request->once, kept);
	json_decref(kept);
	if (ret == MORTISE_OK)
		*ret_json = found;
	else
		json_decref(found);
	return ret;
}

int32_t github_make(struct mortise_call *call, const struct request *request,
	github_find_fn *find, json_t **ret_json)
{
	struct mortise_answer answer;
	int32_t ret = github_send(call, request, &answer);

	if (ret == MORTISE_E_UNCERTAIN)
		return look(call, request, find, ret_json);
	if (ret != MORTISE_OK)
		return ret;
	/* The ledger keeps no long answer, and an unreadable one stays unreadable. */
	if (answer.replayed && !answer.json) {
		host->answer_clear(&answer);
		return look(call, request, find, ret_json);
	}
	return take_json(call, &answer, ret_json);
}

/* ---- Lists ---- */

/* The value of 'name' in the query of the URL between 'url' and 'end', or NULL. */
static char *query_value(const char *url, const char *end, const char *name)
{
	const char *at = memchr(url, '?', (size_t)(end - url));
	size_t size = strlen(name);

	while (at && end - at > (ptrdiff_t)size + 2) {
		at++;
		if (strncmp(at, name, size) == 0 && at[size] == '=') {
			const char *value = at + size + 1;

			return strndup(value, strcspn(value, "&>#"));
		}
		at = memchr(at, '&', (size_t)(end - at));
	}
	return NULL;
}

bool github_next(const json_t *headers, char **ret_cursor)
{
	const char *at = github_text(headers, "link");

	if (ret_cursor)
		*ret_cursor = NULL;
	while (at && (at = strchr(at, '<'))) {
		const char *end = strchr(at, '>');
		const char *comma = end ? strstr(end, ", <") : NULL;
		const char *relation = end ? strstr(end, "rel=\"next\"") : NULL;

		if (!end)
			return false;
		if (relation && (!comma || relation < comma)) {
			if (ret_cursor)
				*ret_cursor = query_value(at, end, "cursor");
			return true;
		}
		at = end;
	}
	return false;
}

/* The list in an answer; anything else is an upstream that answered nonsense. */
static int32_t take_items(struct mortise_call *call, const struct mortise_answer *answer,
	const char *member, json_t **ret_items)
{
	json_t *items = member ? json_object_get(answer->json, member) : answer->json;

	if (!json_is_array(items))
		return host->fail(call, MORTISE_E_UPSTREAM, "GitHub answered no list of %s where one "
			"was expected; try again later", member ? member : "items");
	*ret_items = json_incref(items);
	return MORTISE_OK;
}

int32_t github_page(struct mortise_call *call, struct pages *pages, json_t **ret_items)
{
	struct request request = pages->request;
	struct mortise_answer answer;
	json_t *query;
	int32_t ret;

	*ret_items = NULL;
	if (pages->page == 0)
		pages->page = 1;
	if (pages->done || pages->page > (pages->pages_max ? pages->pages_max : PAGES_MAX))
		return MORTISE_OK;
	query = pages->request.query ? json_deep_copy(pages->request.query) : json_object();
	json_object_set_new(query, "per_page", json_integer(PAGE_SIZE));
	json_object_set_new(query, "page", json_integer(pages->page));
	request.query = query;
	ret = github_send(call, &request, &answer);
	json_decref(query);
	if (ret != MORTISE_OK)
		return ret;
	ret = take_items(call, &answer, pages->member, ret_items);
	pages->done = !github_next(answer.headers, NULL);
	pages->page++;
	host->answer_clear(&answer);
	return ret;
}

int32_t github_list(struct mortise_call *call, const struct request *request, const char *member,
	json_t **ret_list)
{
	struct pages pages = {.request = *request, .member = member};
	json_t *list = json_array();
	json_t *items;
	int32_t ret;

	while ((ret = github_page(call, &pages, &items)) == MORTISE_OK && items) {
		json_array_extend(list, items);
		json_decref(items);
	}
	if (ret != MORTISE_OK) {
		json_decref(list);
		return ret;
	}
	*ret_list = list;
	return MORTISE_OK;
}
