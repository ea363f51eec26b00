/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "tests/plugins/track.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/behave.h"

static const struct mortise_host *host;

static const char *text_in(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* Did the test say what to answer?  Then '*ret' is the callback's result. */
static int told(struct mortise_call *call, const json_t *input, const json_t *wish,
	json_t **ret_output, int32_t *ret)
{
	const json_t *answer = json_object_get(wish, "answer");
	const char *text = text_in(wish, "wish");
	json_t *read = text ? json_loads(text, 0, NULL) : NULL;
	int is_told;

	if (read) {
		is_told = told(call, input, read, ret_output, ret);
		json_decref(read);
		return is_told;
	}
	if (answer) {
		*ret_output = json_is_string(answer) ? json_loads(json_string_value(answer), 0, NULL)
						     : json_deep_copy(answer);
		*ret = MORTISE_OK;
	} else if (text_in(wish, "do")) {
		*ret = behave(host, call, input, wish, ret_output);
	}
	return answer || text_in(wish, "do");
}

/* ---- The upstream ---- */

struct request {
	const char *method, *path, *once;
	json_t *params, *query, *body; /* taken */
};

static int32_t refuse(struct mortise_call *call, const struct mortise_answer *answer)
{
	static const struct {
		int32_t status, code;
	} meanings[] = {
		{401, MORTISE_E_IDENTITY}, {403, MORTISE_E_FORBIDDEN}, {404, MORTISE_E_NOT_FOUND},
		{409, MORTISE_E_CONFLICT}, {410, MORTISE_E_SETTINGS},
	};
	const char *message = text_in(answer->json, "message");
	const char *after = text_in(answer->headers, "retry-after");

	if (answer->status == 422)
		return host->field_error(call, "title", "%s", message ? message : "is wrong");
	if (answer->status == 429) {
		host->retry_at(call, host->now(call) + (after ? atoi(after) * 1000 : 60000));
		return host->fail(call, MORTISE_E_RATE, "The tracker limits our requests.");
	}
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == answer->status)
			return host->fail(call, meanings[i].code, "The tracker said %d: %s",
				(int)answer->status, message ? message : "no reason");
	return host->fail(call, MORTISE_E_UPSTREAM, "The tracker said %d.", (int)answer->status);
}

/* Which account are we? */
static int32_t add_account(struct mortise_call *call, json_t *params)
{
	json_t *integration = NULL;
	int32_t ret = host->read(call, MORTISE_READ_INTEGRATION, NULL, &integration);

	if (ret == MORTISE_OK)
		json_object_set(params, "account", json_object_get(integration, "external_id"));
	json_decref(integration);
	return ret;
}

/* One request below /{account}; '*ret_json' is what came, a new reference. */
static int32_t ask(struct mortise_call *call, struct request request, json_t **ret_json)
{
	json_t *params = request.params ? request.params : json_object();
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = add_account(call, params);

	if (ret == MORTISE_OK)
		ret = host->http(call, &(struct mortise_http){.size = sizeof(struct mortise_http),
			.upstream = "api", .method = request.method, .path = request.path,
			.params = params, .query = request.query, .body = request.body,
			.once = request.once}, &answer);
	if (ret == MORTISE_OK && (answer.status < 200 || answer.status > 299))
		ret = refuse(call, &answer);
	if (ret == MORTISE_OK)
		*ret_json = json_incref(answer.json);
	host->answer_clear(&answer);
	json_decref(params);
	json_decref(request.query);
	json_decref(request.body);
	return ret;
}

/* What carries 'mark' was made by a request whose answer got lost: settle it, or let it be
 * sent again. */
static int32_t look(struct mortise_call *call, const char *once, const char *mark,
	const char *path, const char *key)
{
	json_t *found = NULL;
	int32_t ret = ask(call, (struct request){.method = "GET", .path = path,
		.params = json_pack("{s:s*}", "key", key), .query = json_pack("{s:s}", "mark", mark)},
		&found);

	if (ret == MORTISE_OK)
		ret = json_array_size(found) > 0
			? host->once_settle(call, once, json_array_get(found, 0))
			: host->once_clear(call, once);
	json_decref(found);
	return ret;
}

/* POST something that carries 'mark', once. */
static int32_t make(struct mortise_call *call, const char *kind, const char *mark,
	const char *path, const char *key, const json_t *body, json_t **ret_json)
{
	char once[160];
	int32_t ret = MORTISE_E_UNCERTAIN;

	snprintf(once, sizeof(once), "%s:%s", kind, mark);
	for (int i = 0; i < 2 && ret == MORTISE_E_UNCERTAIN; i++) {
		ret = i == 0 ? MORTISE_OK : look(call, once, mark, path, key);
		if (ret == MORTISE_OK)
			ret = ask(call, (struct request){.method = "POST", .path = path, .once = once,
				.params = json_pack("{s:s*}", "key", key),
				.body = json_deep_copy(body)}, ret_json);
	}
	return ret;
}

static json_t *issue_output(const json_t *issue)
{
	return json_pack("{s:O, s:O?, s:O?, s:O?}", "key", json_object_get(issue, "key"), "title",
		json_object_get(issue, "title"), "description", json_object_get(issue, "description"),
		"url", json_object_get(issue, "url"));
}

/* ---- Forms, creating, finding ---- */

static int32_t form(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *params = json_object_get(input, "params");
	const char *board = text_in(params, "board");
	json_t *fields;
	int32_t ret;

	if (told(call, input, params, ret_output, &ret))
		return ret;
	if (!board)
		board = text_in(json_object_get(input, "defaults"), "board");
	fields = json_pack("[{s:s, s:s, s:s, s:b, s:b, s:s, s:[[s,s],[s,s]]}]", "name", "board",
		"label", "Board", "type", "select", "required", 1, "updatesForm", 1, "default",
		board ? board : "one", "choices", "one", "One", "two", "Two");
	if (board && strcmp(board, "two") == 0)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:s}", "name", "lane", "label",
			"Lane", "type", "string"));
	if (strcmp(text_in(input, "action"), "link") == 0)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:s}", "name", "comment",
			"label", "Comment", "type", "textarea", "default",
			text_in(json_object_get(input, "issue"), "url")));
	*ret_output = json_pack("{s:o}", "fields", fields);
	return MORTISE_OK;
}

static int32_t create(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *fields = json_object_get(input, "fields");
	const char *mark = text_in(input, "reference");
	const char *board = text_in(fields, "board");
	json_t *body, *made = NULL;
	int32_t ret;

	if (told(call, input, fields, ret_output, &ret))
		return ret;
	body = json_pack("{s:s, s:O, s:O*, s:s}", "board", board ? board : "one", "title",
		json_object_get(fields, "title"), "description",
		json_object_get(fields, "description"), "mark", mark);
	ret = make(call, "ticket", mark, "/{account}/issues", NULL, body, &made);
	if (ret == MORTISE_OK)
		*ret_output = issue_output(made);
	json_decref(body);
	json_decref(made);
	return ret;
}

static int32_t get(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *fields = json_object_get(input, "fields");
	json_t *found = NULL;
	int32_t ret;

	if (told(call, input, fields, ret_output, &ret))
		return ret;
	ret = ask(call, (struct request){.method = "GET", .path = "/{account}/issues/{key}",
		.params = json_pack("{s:O}", "key", json_object_get(fields, "externalIssue"))}, &found);
	if (ret == MORTISE_OK)
		*ret_output = issue_output(found);
	json_decref(found);
	return ret;
}

/* ---- Comments ---- */

#define COMMENTS "/{account}/issues/{key}/comments"

static int32_t linked(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *text = text_in(json_object_get(input, "fields"), "comment");
	const char *mark = text_in(input, "reference");
	json_t *body, *made = NULL;
	int32_t ret;

	(void)ret_output;
	if (!text || !*text)
		return MORTISE_OK;
	body = json_pack("{s:s, s:s}", "text", text, "mark", mark);
	ret = make(call, "linked", mark, COMMENTS, text_in(input, "key"), body, &made);
	json_decref(body);
	json_decref(made);
	return ret;
}

static int32_t comment_create(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	const char *mark = text_in(note, "reference");
	json_t *body = json_pack("{s:O, s:O, s:s}", "text", json_object_get(note, "text"), "author",
		json_object_get(note, "author"), "mark", mark);
	json_t *made = NULL;
	int32_t ret = make(call, "comment", mark, COMMENTS, text_in(input, "key"), body, &made);

	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "external_id", json_object_get(made, "id"));
	json_decref(body);
	json_decref(made);
	return ret;
}

static int32_t comment_update(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *note = json_object_get(input, "note");
	json_t *answer = NULL;
	int32_t ret = ask(call, (struct request){.method = "PUT", .path = COMMENTS "/{id}",
		.params = json_pack("{s:O, s:O}", "key", json_object_get(input, "key"), "id",
			json_object_get(note, "external_id")),
		.body = json_pack("{s:O}", "text", json_object_get(note, "text"))}, &answer);

	(void)ret_output;
	json_decref(answer);
	return ret;
}

/* ---- Status and assignee ---- */

/* What the settings call "resolved" or "unresolved" in the board of 'key', as new text. */
static int32_t status_of(struct mortise_call *call, const char *key, const char *which,
	json_t **ret_status)
{
	json_t *args = json_pack("{s:s%}", "external_id", key, strcspn(key, "-"));
	json_t *mapping = NULL;
	int32_t ret = host->read(call, MORTISE_READ_MAPPING, args, &mapping);

	json_decref(args);
	if (ret == MORTISE_OK)
		*ret_status = json_incref(json_object_get(mapping, which));
	else if (ret == MORTISE_E_NOT_FOUND)
		ret = host->fail(call, MORTISE_E_NO_TARGET, "The status map has no board of \"%s\": "
			"add it in the settings of this integration.", key);
	json_decref(mapping);
	return ret;
}

static int32_t status_out(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	bool resolved = json_is_true(json_object_get(input, "resolved"));
	json_t *answer = NULL, *status = NULL;
	int32_t ret = status_of(call, text_in(input, "key"), resolved ? "resolved" : "unresolved",
		&status);

	if (ret == MORTISE_OK)
		ret = ask(call, (struct request){.method = "PUT",
			.path = "/{account}/issues/{key}/status",
			.params = json_pack("{s:O}", "key", json_object_get(input, "key")),
			.body = json_pack("{s:O}", "status", status)}, &answer);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O, s:O*}", "wrote", status, "time_ms",
			json_object_get(answer, "time"));
	json_decref(status);
	json_decref(answer);
	return ret;
}

/* By the name that the actors' records have, else by address. */
static int32_t assignee_out(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *user = json_object_get(input, "user");
	bool assign = json_is_true(json_object_get(input, "assign"));
	const json_t *name = json_object_get(user, "external_name");
	const char *who = json_string_value(name ? name : json_object_get(user, "email"));
	json_t *answer = NULL;
	int32_t ret;

	if (assign && !who)
		return host->fail(call, MORTISE_E_NO_TARGET, "Nobody is known by this user's address.");
	if (!assign)
		who = "";
	ret = ask(call, (struct request){.method = "PUT", .path = "/{account}/issues/{key}/assignee",
		.params = json_pack("{s:O}", "key", json_object_get(input, "key")),
		.body = json_pack("{s:s}", "assignee", who)}, &answer);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:s, s:O*}", "wrote", who, "time_ms",
			json_object_get(answer, "time"));
	json_decref(answer);
	return ret;
}

/* {"to": status, "key"}: what the status map says of it; "done" and "open" without one. */
static int32_t status_action(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *change = json_object_get(input, "change");
	const char *to = text_in(change, "to");
	const char *action = "none";
	json_t *resolved = NULL, *unresolved = NULL;
	int32_t ret;

	if (told(call, input, change, ret_output, &ret))
		return ret;
	ret = status_of(call, text_in(input, "key"), "resolved", &resolved);
	if (ret == MORTISE_OK)
		ret = status_of(call, text_in(input, "key"), "unresolved", &unresolved);
	if (ret == MORTISE_E_NO_TARGET) {
		resolved = json_string("done");
		unresolved = json_string("open");
	} else if (ret != MORTISE_OK) {
		return ret;
	}
	if (to && strcmp(to, json_string_value(resolved)) == 0)
		action = "resolve";
	else if (to && strcmp(to, json_string_value(unresolved)) == 0)
		action = "unresolve";
	json_decref(resolved);
	json_decref(unresolved);
	*ret_output = json_pack("{s:s}", "action", action);
	return MORTISE_OK;
}

/* ---- Search ---- */

/* Our side's row of an issue, as one choice: {"label": title, "value": what we wrote}. */
static int32_t search_link(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *args = json_pack("{s:O}", "key", json_object_get(input, "query"));
	json_t *link = NULL;
	int32_t ret = host->read(call, MORTISE_READ_LINK, args, &link);
	const char *wrote = text_in(link, "wrote_status");

	json_decref(args);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:[{s:O, s:s}]}", "options", "label",
			json_object_get(link, "title"), "value", wrote ? wrote : "");
	json_decref(link);
	return ret;
}

static int32_t search(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *params = json_object_get(input, "params");
	json_t *found = NULL, *options, *issue;
	size_t i;
	int32_t ret;

	if (told(call, input, params, ret_output, &ret))
		return ret;
	if (strcmp(text_in(input, "field"), "link") == 0)
		return search_link(call, input, ret_output);
	if (strcmp(text_in(input, "field"), "externalIssue") != 0)
		return host->fail(call, MORTISE_E_UNSUPPORTED, "Nothing can be searched for \"%s\".",
			text_in(input, "field"));
	ret = ask(call, (struct request){.method = "GET", .path = "/{account}/issues",
		.query = json_pack("{s:O}", "query", json_object_get(input, "query"))}, &found);
	if (ret != MORTISE_OK)
		return ret;
	options = json_array();
	json_array_foreach(found, i, issue)
		json_array_append_new(options, json_pack("{s:O, s:O}", "label",
			json_object_get(issue, "title"), "value", json_object_get(issue, "key")));
	*ret_output = json_pack("{s:o}", "options", options);
	json_decref(found);
	return MORTISE_OK;
}

/* ---- Settings ---- */

static const char *const switches[] = {"sync_comments", "sync_status_reverse",
	"sync_forward_assignment", "sync_reverse_assignment"};
#define SWITCH_LEN (sizeof(switches) / sizeof(switches[0]))

/* The boards come from the upstream; while it is away the map cannot be changed.  With
 * "form_fails" in the configuration, nothing can be shown. */
static int32_t config_form(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *fields, *data, *boards = NULL, *map, *project;
	const char *board;
	bool away;

	if (json_object_get(json_object_get(input, "config"), "form_fails"))
		return host->fail(call, MORTISE_E_UPSTREAM, "The tracker did not answer.");
	fields = json_array();
	data = json_deep_copy(json_object_get(input, "config"));
	map = json_object();
	away = ask(call, (struct request){.method = "GET", .path = "/{account}/boards"},
		&boards) != MORTISE_OK;

	for (size_t i = 0; i < SWITCH_LEN; i++)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:s}", "name", switches[i], "type",
			"boolean", "label", switches[i]));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:{s:O*}}", "name",
		"sync_status_forward", "type", "choice_mapper", "label", "Status", "disabled", away,
		"addDropdown", "items", boards));
	json_object_foreach(json_object_get(input, "external_projects"), board, project)
		json_object_set_new(map, board, json_pack("{s:O, s:O}", "on_resolve",
			json_object_get(project, "resolved"), "on_unresolve",
			json_object_get(project, "unresolved")));
	json_object_set_new(data, "sync_status_forward", map);
	json_decref(boards);
	*ret_output = json_pack("{s:o, s:o}", "fields", fields, "data", data);
	return MORTISE_OK;
}

/* The status map: {board: {"on_resolve", "on_unresolve"}}, stored as rows and a switch. */
static int32_t save_map(struct mortise_call *call, json_t *patch, json_t *output)
{
	json_t *map = json_object_get(patch, "sync_status_forward"), *pair, *rows;
	const char *board;

	if (!json_is_object(map))
		return map ? host->field_error(call, "sync_status_forward", "Expected an object.")
			   : MORTISE_OK;
	rows = json_object();
	json_object_set_new(output, "external_projects", rows);
	json_object_foreach(map, board, pair) {
		const char *resolve = text_in(pair, "on_resolve");
		const char *unresolve = text_in(pair, "on_unresolve");

		if (!resolve || !*resolve || !unresolve || !*unresolve)
			return host->fail(call, MORTISE_E_SETTINGS,
				"Resolve and unresolve status are required.");
		json_object_set_new(rows, board, json_pack("{s:s, s:s, s:s}", "name", board, "resolved",
			resolve, "unresolved", unresolve));
	}
	json_object_set_new(patch, "sync_status_forward", json_boolean(json_object_size(rows) > 0));
	return MORTISE_OK;
}

static int32_t config_save(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *patch = json_deep_copy(json_object_get(input, "config"));
	int32_t ret;

	if (told(call, input, patch, ret_output, &ret)) {
		json_decref(patch);
		return ret;
	}
	*ret_output = json_pack("{s:o}", "patch", patch);
	return save_map(call, patch, *ret_output);
}

int32_t track_register(const struct mortise_host *host_table,
	const struct mortise_registry *registry, struct mortise_registrar *reg, const char *provider)
{
	static const struct mortise_issue_provider issue_provider = {
		.size = sizeof(issue_provider), .key_url = "https://ping.test/browse/{key}",
		.defaults = "board", .user_defaults = "lane",
		.sync = "{\"comment\": \"sync_comments\", \"outbound_status\": \"sync_status_forward\","
			" \"inbound_status\": \"sync_status_reverse\","
			" \"outbound_assignee\": \"sync_forward_assignment\","
			" \"inbound_assignee\": \"sync_reverse_assignment\"}",
		.form = form, .create = create, .get = get, .linked = linked, .search = search,
		.comment_create = comment_create, .comment_update = comment_update,
		.status_out = status_out, .assignee_out = assignee_out, .status_action = status_action};
	static const struct mortise_config_form settings = {.size = sizeof(settings),
		.form = config_form, .save = config_save};
	static const struct mortise_feature feature = {.size = sizeof(feature),
		.feature = "issue-sync", .flags = MORTISE_FEATURE_IN_SET};
	int32_t ret = registry->feature(reg, provider, &feature);

	host = host_table;
	if (ret == MORTISE_OK)
		ret = registry->issue_provider(reg, provider, &issue_provider);
	return ret == MORTISE_OK ? registry->config_form(reg, provider, &settings) : ret;
}
