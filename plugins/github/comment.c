/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Comments: notes go out as quotations that name their author. */
#include "github.h"

#include <stdlib.h>
#include <string.h>

/* After a lost answer: the comment that carries the mark. */
static int32_t find_comment(struct mortise_call *call, const json_t *params, const char *mark,
	json_t **ret_found)
{
	struct pages pages = {.request = {.path = "/repos/{repo*}/issues/{number}/comments",
		.params = params, .flags = MORTISE_HTTP_NO_CACHE}, .pages_max = PAGES_MAX};

	return github_find_marked(call, &pages, mark, ret_found);
}

/* Post 'text' on an issue, once under the name 'once'. */
static int32_t post(struct mortise_call *call, const struct issue_key *key, const char *text,
	const char *once, json_t **ret_comment)
{
	char *marked = github_mark(text, once);
	json_t *params = github_key_params(key);
	json_t *body = json_pack("{s:s}", "body", marked);
	const struct request ask = {.method = "POST", .body = body, .params = params,
		.path = "/repos/{repo*}/issues/{number}/comments", .once = once,
		.invalid = MORTISE_E_SETTINGS};
	int32_t ret = github_make(call, &ask, find_comment, ret_comment);

	json_decref(body);
	json_decref(params);
	free(marked);
	return ret;
}

static char *quote_note(const json_t *note)
{
	return github_quote(github_text(note, "author"), github_text(note, "text"));
}

int32_t github_comment_create(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	struct issue_key key;
	json_t *comment = NULL;
	char id[ID_SIZE];
	char *text, *once;
	int32_t ret = github_key_of_call(call, input, &key);

	if (ret != MORTISE_OK)
		return ret;
	text = quote_note(note);
	once = github_once("comment", github_text(note, "reference"));
	ret = post(call, &key, text, once, &comment);
	free(once);
	free(text);
	if (ret == MORTISE_OK && !github_id(comment, "id", id))
		ret = host->fail(call, MORTISE_E_UPSTREAM,
			"GitHub did not give the id of the comment; try again later");
	else if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:s}", "external_id", id);
	json_decref(comment);
	return ret;
}

int32_t github_comment_update(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	const char *id = github_text(note, "external_id");
	struct issue_key key;
	struct mortise_answer answer;
	char *text, *once, *marked;
	json_t *params, *body;
	int32_t ret = github_key_of_call(call, input, &key);

	(void)ret_output;
	if (ret == MORTISE_OK && (!id || !*id || id[strspn(id, "0123456789")]))
		ret = host->fail(call, MORTISE_E_NO_TARGET, "it is not known which comment on GitHub "
			"this note was copied to");
	if (ret != MORTISE_OK)
		return ret;
	text = quote_note(note);
	once = github_once("comment", github_text(note, "reference"));
	marked = github_mark(text, once);
	params = json_pack("{s:s, s:s}", "repo", key.repository, "id", id);
	body = json_pack("{s:s}", "body", marked);
	ret = github_send(call, &(struct request){.method = "PATCH", .params = params, .body = body,
		.path = "/repos/{repo*}/issues/comments/{id}", .invalid = MORTISE_E_SETTINGS}, &answer);
	if (ret == MORTISE_OK)
		host->answer_clear(&answer);
	json_decref(body);
	json_decref(params);
	free(marked);
	free(once);
	free(text);
	return ret;
}

/* The comment that the user gave when he linked the issue. */
int32_t github_issue_linked(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *text = github_text(json_object_get(input, "fields"), "comment");
	struct issue_key key;
	json_t *comment = NULL;
	char *once;
	int32_t ret;

	(void)ret_output;
	if (!text || text[strspn(text, " \t\r\n")] == '\0')
		return MORTISE_OK;
	ret = github_key_of_call(call, input, &key);
	if (ret != MORTISE_OK)
		return ret;
	once = github_once("linked", github_text(input, "reference"));
	ret = post(call, &key, text, once, &comment);
	free(once);
	json_decref(comment);
	return ret;
}
