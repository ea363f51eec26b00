/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/source.h"

#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"
#include "core/provider/registration.h"
#include "core/daemon/daemon.h"
#include "core/storage/repository.h"

#define URL_SIZE_MAX 4096
#define CONTENT_SIZE_MAX 3000000

bool source_has_files(const struct reg_provider *provider)
{
	return provider && provider->has_repository_provider && provider->repository_provider.file;
}

bool source_has_codeowners(const struct reg_provider *provider)
{
	return source_has_files(provider) && provider->repository_provider.codeowners_paths;
}

/* The next of the places between commas, a new string; NULL behind the last. */
static char *next_place(const char **places)
{
	const char *start = *places;
	size_t size = strcspn(start, ",");

	if (size == 0)
		return NULL;
	*places = start + size + (start[size] == ',');
	return xstrndup(start, size);
}

bool source_is_codeowners(const struct reg_provider *provider, const char *path)
{
	const char *places = source_has_codeowners(provider)
		? provider->repository_provider.codeowners_paths : "";

	for (;;) {
		cleanup_free char *place = next_place(&places);

		if (!place || strcmp(place, path) == 0)
			return place != NULL;
	}
}

/* ---- One file ---- */

static bool is_web_address(const char *text)
{
	return text && strlen(text) <= URL_SIZE_MAX && (strncasecmp(text, "https://", 8) == 0 ||
		strncasecmp(text, "http://", 7) == 0);
}

/* What the plugin said, if it is what it must say. */
static int take_answer(const struct source_request *request, const json_t *output,
	struct source_file *ret_file, struct err *err)
{
	const json_t *found = json_object_get(output, "found");
	const json_t *content = json_object_get(output, "content");
	const char *url = json_string_value(json_object_get(output, "url"));

	if (!json_is_boolean(found) || !is_web_address(url) ||
		(request->content && json_is_true(found) && !json_is_string(content)))
		return err_set(err, MORTISE_E_INTERNAL, "repository:file of provider \"%s\" gave no "
			"\"found\", no \"url\" or no \"content\"", request->scope->provider->provider.key);
	if (json_string_length(content) > CONTENT_SIZE_MAX)
		return err_set(err, MORTISE_E_LIMIT, "%s has more than %d bytes", request->path,
			CONTENT_SIZE_MAX);
	*ret_file = (struct source_file){
		.found = json_is_true(found),
		.path = xstrdup(request->path),
		.url = xstrdup(url),
		.content = request->content && json_is_true(found)
			? xstrdup(json_string_value(content)) : NULL,
	};
	return 0;
}

int source_file(const struct source_request *request, struct source_file *ret_file,
	struct err *err)
{
	const struct repository *repository = request->repository;
	cleanup_json json_t *input = json_pack("{s:{s:s?, s:s, s:s?, s:O}, s:s, s:s*, s:b}",
		"repository", "external_id", repository->external_id, "name", repository->name, "url",
		repository->url, "config", repository->config, "path", request->path, "ref",
		request->ref, "content", (int)request->content);
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	const struct call_request call = {
		.scope = *request->scope,
		.callback = "repository:file",
		.input = input,
		.deadline_ms = request->deadline_ms,
		.job = request->job,
	};

	if (!source_has_files(request->scope->provider))
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"files of this provider's repositories cannot be read");
	if (provider_call(request->daemon->providers, &call, &output, &effects, err) < 0)
		return err->code;
	return take_answer(request, output, ret_file, err);
}

int source_codeowners(const struct source_request *request, struct source_file *ret_file,
	struct err *err)
{
	const struct reg_provider *provider = request->scope->provider;
	const char *places = source_has_codeowners(provider)
		? provider->repository_provider.codeowners_paths : "";
	struct source_request one = *request;

	one.content = true;
	if (!*places)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"this provider's repositories have no CODEOWNERS file");
	for (;;) {
		cleanup_free char *place = next_place(&places);
		cleanup_err struct err problem = {0};

		if (!place)
			break;
		one.path = place;
		if (source_file(&one, ret_file, &problem) == 0 && ret_file->found)
			return 0;
		source_file_clear(ret_file);
		if (problem.code && !err->code)
			err_move(err, &problem);
	}
	return err->code ? err->code : err_set(err, MORTISE_E_NOT_FOUND,
		"the repository has no CODEOWNERS file at this branch");
}

void source_file_clear(struct source_file *file)
{
	free(file->path);
	free(file->url);
	free(file->content);
	*file = (struct source_file){0};
}
