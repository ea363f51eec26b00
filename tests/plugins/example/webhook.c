/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Webhooks.  The daemon has checked the signature, found the integration and stored the
 * body; here it becomes effects.  A delivery may come late, twice or never, so the handler
 * says how things are and counts nothing.
 */
#include "example.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILES_MAX 10000        /* of one commit: more is no commit effect */

static const char *text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* RFC 3339 with an offset, as milliseconds; -1 for anything else. */
static int64_t parse_time(const char *when)
{
	struct tm tm = {0};
	const char *zone = when ? strptime(when, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int hours = 0, minutes = 0;
	int64_t offset_s;

	if (!zone)
		return -1;
	if (*zone == '.')
		zone += 1 + strspn(zone + 1, "0123456789");
	if (*zone != 'Z' && sscanf(zone, "%3d:%2d", &hours, &minutes) != 2)
		return -1;
	offset_s = hours * 3600 + (*zone == '-' ? -minutes : minutes) * 60;
	return ((int64_t)timegm(&tm) - offset_s) * 1000;
}

static void add_files(json_t *files, const json_t *paths, const char *change)
{
	json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
		if (json_is_string(path) && json_array_size(files) < FILES_MAX)
			json_array_append_new(files, json_pack("[s, O]", change, path));
}

static json_t *make_author(const json_t *author)
{
	const char *login = text(author, "username");
	char account[128];

	if (!text(author, "email"))
		return NULL;
	snprintf(account, sizeof(account), PROVIDER ":%s", login ? login : "");
	return json_pack("{s:s, s:s, s:s*}", "name", text(author, "name") ? text(author, "name") : "",
		"email", text(author, "email"), "external_id", login ? account : NULL);
}

static int32_t put_commit(struct mortise_call *call, const char *repository, const json_t *commit)
{
	int64_t time_ms = parse_time(text(commit, "timestamp"));
	json_t *files;

	if (!text(commit, "id") || !text(commit, "message") || time_ms < 0)
		return MORTISE_OK;
	files = json_array();
	add_files(files, json_object_get(commit, "added"), "A");
	add_files(files, json_object_get(commit, "removed"), "D");
	add_files(files, json_object_get(commit, "modified"), "M");
	return example_effect(call, MORTISE_EFFECT_COMMIT, json_pack("{s:s, s:s, s:s, s:I, s:o?, s:o}",
		"repository", repository, "sha", text(commit, "id"), "message",
		text(commit, "message"), "time_ms", (json_int_t)time_ms, "author",
		make_author(json_object_get(commit, "author")), "files", files));
}

/* Keep name and address fresh.  One that nobody here has is added; one that somebody has
 * is not added where it was taken away. */
static int32_t refresh_repository(struct mortise_call *call, const char *id,
	const json_t *repository)
{
	json_t *args = json_pack("{s:s}", "external_id", id);
	json_t *known = NULL;
	int32_t ret = host->read(call, MORTISE_READ_REPOSITORY, args, &known);

	json_decref(args);
	json_decref(known);
	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	return example_put_repository(call, repository, ret == MORTISE_OK ? "refresh" : "create");
}

static int32_t handle_push(struct mortise_call *call, const char *id, const json_t *body)
{
	int32_t ret = refresh_repository(call, id, json_object_get(body, "repository"));
	json_t *commit;
	size_t i;

	json_array_foreach(json_object_get(body, "commits"), i, commit)
		if (ret == MORTISE_OK)
			ret = put_commit(call, id, commit);
	return ret;
}

static int32_t handle_repository(struct mortise_call *call, const char *id, const json_t *body)
{
	const char *action = text(body, "action");

	if (action && strcmp(action, "deleted") == 0)
		return example_effect(call, MORTISE_EFFECT_REPOSITORY_STATUS, json_pack("{s:s, s:s}",
			"external_id", id, "status", "disabled"));
	return refresh_repository(call, id, json_object_get(body, "repository"));
}

/* Input {"event", "body", …}.  The outcome is shown by `mortisectl webhook show`. */
int32_t example_webhook(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *body = json_object_get(input, "body");
	const char *event = text(input, "event");
	char *id = example_text_at(body, "/repository/id");
	int32_t ret = MORTISE_OK;

	if (!id)
		*ret_output = json_pack("{s:s}", "outcome", "the webhook names no repository");
	else if (event && strcmp(event, "push") == 0)
		ret = handle_push(call, id, body);
	else
		ret = handle_repository(call, id, body);
	free(id);
	return ret;
}
