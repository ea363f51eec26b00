/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Comments: notes go out as quotations that name their author.  A comment of ours has a
 * property (MARK) that nobody sees, by which it is found again if Jira's answer got lost;
 * where Jira does not show properties, its text must be the same.
 */
#include "jira.h"

#include <stdlib.h>
#include <string.h>

#define MARK "mortise.once"
#define NEWEST_MAX 200         /* comments that are looked through */

/* 1: it is marked; 0: it is marked as another, or as none; -1: Jira does not say. */
static int has_mark(const json_t *comment, const char *once)
{
	const json_t *properties = json_object_get(comment, "properties");
	json_t *property;
	size_t i;

	if (!json_is_array(properties))
		return -1;
	json_array_foreach(properties, i, property) {
		const char *key = jira_text(property, "key");
		const char *value = jira_text(property, "value");

		if (key && value && strcmp(key, MARK) == 0 && strcmp(value, once) == 0)
			return 1;
	}
	return 0;
}

static bool is_same_text(const struct flavor *flavor, const json_t *a, const json_t *b)
{
	char *first = flavor->read_text(a), *second = flavor->read_text(b);
	bool same = first && second && strcmp(first, second) == 0;

	free(first);
	free(second);
	return same;
}

/* After a lost answer. */
static int32_t find_comment(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, json_t **ret_found)
{
	json_t *query = json_pack("{s:s, s:s}", "orderBy", "-created", "expand", "properties");
	json_t *comments = NULL, *comment, *found = NULL;
	size_t i;
	int32_t ret = jira_list(call, flavor, &(struct request){.path = request->path,
		.params = request->params, .query = query, .flags = MORTISE_HTTP_NO_CACHE}, "comments",
		NEWEST_MAX, &comments);

	json_decref(query);
	if (ret != MORTISE_OK)
		return ret;
	json_array_foreach(comments, i, comment) {
		int marked = has_mark(comment, request->once);

		if (!found && (marked > 0 || (marked < 0 && is_same_text(flavor,
			json_object_get(comment, "body"), json_object_get(request->body, "body")))))
			found = json_incref(comment);
	}
	json_decref(comments);
	*ret_found = found;
	return MORTISE_OK;
}

/* Post 'text' on an issue, once under the name 'once'. */
static int32_t post(struct mortise_call *call, const struct flavor *flavor, const char *key,
	json_t *text_take, const char *once, json_t **ret_comment)
{
	json_t *params = json_pack("{s:s}", "key", key);
	json_t *body = json_pack("{s:o, s:[{s:s, s:s}]}", "body", text_take, "properties", "key", MARK,
		"value", once);
	int32_t ret = jira_make(call, flavor, &(struct request){.method = "POST",
		.path = "/issue/{key}/comment", .params = params, .body = body, .once = once,
		.invalid = MORTISE_E_SETTINGS}, find_comment, ret_comment);

	json_decref(body);
	json_decref(params);
	return ret;
}

static json_t *write_note(const struct flavor *flavor, const json_t *note)
{
	return flavor->write_note(jira_text(note, "author"), jira_text(note, "text"));
}

int32_t jira_comment_create(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	const char *key;
	json_t *comment = NULL;
	char *once;
	int32_t ret = jira_key_of_call(call, input, &key);

	if (ret != MORTISE_OK)
		return ret;
	once = jira_once("comment", jira_text(note, "reference"));
	ret = post(call, flavor, key, write_note(flavor, note), once, &comment);
	free(once);
	if (ret == MORTISE_OK && !jira_short(comment, "id", KEY_MAX_SIZE))
		ret = host->fail(call, MORTISE_E_UPSTREAM,
			"%s did not give the id of the comment; try again later", flavor->name);
	else if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "external_id", json_object_get(comment, "id"));
	json_decref(comment);
	return ret;
}

int32_t jira_comment_update(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	const char *id = jira_text(note, "external_id");
	const char *key;
	struct mortise_answer answer;
	json_t *params, *body;
	int32_t ret = jira_key_of_call(call, input, &key);

	(void)ret_output;
	if (ret == MORTISE_OK && (!id || !*id || id[strspn(id, "0123456789")]))
		ret = host->fail(call, MORTISE_E_NO_TARGET, "it is not known which comment in %s this note "
			"was copied to", flavor->name);
	if (ret != MORTISE_OK)
		return ret;
	params = json_pack("{s:s, s:s}", "key", key, "id", id);
	body = json_pack("{s:o}", "body", write_note(flavor, note));
	ret = jira_send(call, flavor, &(struct request){.method = "PUT", .params = params,
		.path = "/issue/{key}/comment/{id}", .body = body, .invalid = MORTISE_E_SETTINGS},
		&answer);
	if (ret == MORTISE_OK)
		host->answer_clear(&answer);
	json_decref(body);
	json_decref(params);
	return ret;
}

/* The comment that the user gave when he linked the issue, as it is. */
int32_t jira_issue_linked(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const char *text = jira_text(json_object_get(input, "fields"), "comment");
	const char *key;
	json_t *comment = NULL;
	char *once;
	int32_t ret;

	(void)ret_output;
	if (!text || text[strspn(text, " \t\r\n")] == '\0')
		return MORTISE_OK;
	TRY(jira_key_of_call(call, input, &key));
	once = jira_once("linked", jira_text(input, "reference"));
	ret = post(call, flavor, key, flavor->write_text(text), once, &comment);
	free(once);
	json_decref(comment);
	return ret;
}
