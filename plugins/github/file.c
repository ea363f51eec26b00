/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Files of a repository: is there one at this path and ref, and what is in it? */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENT_MAX_SIZE 3000000

/* What is asked for. */
struct file {
	const char *name;          /* "acme-co/shop" */
	const char *path;
	const char *ref;           /* NULL: the default branch */
	json_t *params, *query;
};

/* No part of it leads elsewhere. */
static bool is_plain_path(const char *path)
{
	const char *part = path;

	if (!path)
		return false;
	for (;;) {
		size_t size = strcspn(part, "/");

		if (size == 0 || strncmp(part, "..", size) == 0)
			return false;
		if (part[size] == '\0')
			return true;
		part += size + 1;
	}
}

/* Where people look at it. */
static int32_t file_url(struct mortise_call *call, const json_t *repository,
	const struct file *file, char **ret_url)
{
	const char *given = github_short(repository, "url", URL_MAX_SIZE);
	char *web = NULL;
	char *ref = github_encode(file->ref ? file->ref : "HEAD");
	char *path = github_encode(file->path);
	int32_t ret = given ? MORTISE_OK : github_setting(call, "web_url", &web);
	int size = -1;

	if (ret == MORTISE_OK && ref && path)
		size = given ? asprintf(ret_url, "%s/blob/%s/%s", given, ref, path)
			: asprintf(ret_url, "%s/%s/blob/%s/%s", web, file->name, ref, path);
	if (ret == MORTISE_OK && size < 0)
		ret = host->fail(call, MORTISE_E_RETRY, "no memory for the address of %s", file->path);
	free(web);
	free(ref);
	free(path);
	return ret;
}

static int32_t file_found(struct mortise_call *call, const struct file *file)
{
	const struct request ask = {.method = "HEAD", .path = "/repos/{name*}/contents/{path*}",
		.params = file->params, .query = file->query};
	struct mortise_answer answer;
	int32_t ret = github_send(call, &ask, &answer);

	if (ret == MORTISE_OK)
		host->answer_clear(&answer);
	return ret;
}

/* The text of a good answer.  A folder is answered as a list, in JSON. */
static int32_t take_content(struct mortise_call *call, const struct file *file,
	const struct mortise_answer *answer, json_t **ret_content)
{
	const char *type = github_text(answer->headers, "content-type");

	if (type && strncasecmp(type, "application/json", strlen("application/json")) == 0)
		return host->fail(call, MORTISE_E_NOT_FOUND, "%s is no file", file->path);
	if (answer->bytes_size > CONTENT_MAX_SIZE)
		return host->fail(call, MORTISE_E_LIMIT, "%s has more than %d bytes", file->path,
			CONTENT_MAX_SIZE);
	if (!answer->bytes)
		*ret_content = json_string("");
	else if (strlen(answer->bytes) == answer->bytes_size)
		*ret_content = json_string(answer->bytes);
	return *ret_content ? MORTISE_OK : host->fail(call, MORTISE_E_SETTINGS,
		"%s is no text in UTF-8: save it as one", file->path);
}

static int32_t file_content(struct mortise_call *call, const struct file *file,
	json_t **ret_content)
{
	json_t *headers = json_pack("{s:s}", "Accept", "application/vnd.github.raw+json");
	const struct request ask = {.path = "/repos/{name*}/contents/{path*}",
		.params = file->params, .query = file->query, .headers = headers,
		.flags = MORTISE_HTTP_NO_CACHE | MORTISE_HTTP_BYTES};
	struct mortise_answer answer;
	int32_t ret = github_send(call, &ask, &answer);

	json_decref(headers);
	if (ret != MORTISE_OK)
		return ret;
	ret = take_content(call, file, &answer, ret_content);
	host->answer_clear(&answer);
	return ret;
}

int32_t github_repository_file(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *repository = json_object_get(input, "repository");
	struct file file = {
		.name = github_text(json_object_get(repository, "config"), "name"),
		.path = github_text(input, "path"),
		.ref = github_text(input, "ref"),
	};
	json_t *content = NULL;
	char *url = NULL;
	int32_t ret;

	if (!file.name)
		file.name = github_text(repository, "name");
	if (!github_is_repository_name(file.name) || !file.path)
		return host->fail(call, MORTISE_E_NOT_FOUND, "this is no repository on GitHub");
	file.params = json_pack("{s:s, s:s}", "name", file.name, "path", file.path);
	file.query = file.ref ? json_pack("{s:s}", "ref", file.ref) : NULL;
	ret = file_url(call, repository, &file, &url);
	if (ret == MORTISE_OK && !is_plain_path(file.path))
		ret = MORTISE_E_NOT_FOUND;
	else if (ret == MORTISE_OK)
		ret = json_is_true(json_object_get(input, "content"))
			? file_content(call, &file, &content) : file_found(call, &file);
	if (url && (ret == MORTISE_OK || ret == MORTISE_E_NOT_FOUND)) {
		*ret_output = json_pack("{s:b, s:s, s:o*}", "found", ret == MORTISE_OK, "url", url,
			"content", content);
		ret = MORTISE_OK;
	}
	json_decref(file.params);
	json_decref(file.query);
	free(url);
	return ret;
}
