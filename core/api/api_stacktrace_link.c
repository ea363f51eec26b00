/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From a frame of a stack trace to its file on the web: code mappings are tried in their
 * order (core/owner/frame.h), and the provider is asked whether the file is there, at the
 * commit and then at the default branch.  Request workers.
 *
 * "error" is what the last mapping came to that was tried, null once a file was found; one
 * that does not apply counts only where none does, for it says nothing of the file.  A 403 of
 * the provider ends the attempt with that mapping, not the request: a repository that is
 * hidden from us says nothing about the next one.
 */
#include "config.h"

#include <string.h>

#include "core/api/code_mapping_json.h"
#include "core/api/cursor.h"
#include "core/api/integration_json.h"
#include "core/api/mapping_source.h"
#include "core/api/routes.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/owner/frame.h"
#include "core/owner/source.h"
#include "core/provider/provider.h"
#include "core/provider/registration.h"
#include "core/storage/code_mapping.h"
#include "core/storage/store.h"

#define DEADLINE_MS 20000      /* of all providers together */
#define PARAMETER_SIZE_MAX 4096
#define INTEGRATIONS_MAX 100

struct tracing {
	const struct api_call *call;
	struct owner_frame frame;
	const char *commit;
	int64_t until_ms;
	/* Read from the store: */
	struct code_mapping *mappings;
	size_t mapping_len;
	const struct code_mapping **tried;     /* in their order: those that are installed */
	size_t tried_len;
	struct integration *integrations;
	struct link *links;
	size_t integration_len;
	/* What came of it: */
	bool applied;                          /* did any mapping apply? */
	const struct code_mapping *last;
	const char *error;
	char *source_url, *attempted_url;
};

/* ---- Reading ---- */

static void clear_rows(struct tracing *t)
{
	code_mapping_list_free(t->mappings, t->mapping_len);
	integration_list_free(t->integrations, t->links, t->integration_len);
	free(t->tried);
	t->mappings = NULL;
	t->integrations = NULL;
	t->links = NULL;
	t->tried = NULL;
	t->mapping_len = t->tried_len = t->integration_len = 0;
}

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct tracing *t = arg;
	struct keyset place;

	clear_rows(t);
	keyset_start(KEYSET_TEXT, &place);
	place.limit = INTEGRATIONS_MAX;
	if (code_mapping_list_project(tx, t->call->project.id, &t->mappings, &t->mapping_len, err) < 0)
		return err->code;
	return integration_list(tx, t->call->principal.organization_id, NULL, &place,
		&t->integrations, &t->links, &t->integration_len, err);
}

/* Those whose integration is still there, in the order in which they are tried. */
static void order_mappings(struct tracing *t)
{
	t->tried = xcalloc(t->mapping_len + 1, sizeof(*t->tried));
	for (size_t i = 0; i < t->mapping_len; i++)
		if (t->mappings[i].provider)
			t->tried[t->tried_len++] = &t->mappings[i];
	frame_order_mappings(t->tried, t->tried_len);
}

/* ---- Asking ---- */

/* 1: found, 0: not there, a code: the provider could not say. */
static int ask(struct tracing *t, const struct mapping_source *source, const char *path,
	const char *ref, struct err *err)
{
	cleanup_source_file struct source_file file = {0};
	int64_t left_ms = t->until_ms - clock_mono_ms();

	if (left_ms <= 0)
		return err_set(err, MORTISE_E_RETRY, "the providers of this project's code mappings "
			"take too long to answer; try again later");
	if (mapping_source_file(source, path, ref, left_ms, &file, err) < 0)
		return err->code;
	free(steal(&t->attempted_url));
	if (file.found)
		t->source_url = steal(&file.url);
	else
		t->attempted_url = steal(&file.url);
	return file.found;
}

static int ask_both(struct tracing *t, const struct mapping_source *source, const char *path,
	struct err *err)
{
	const char *branch = t->last->branch ? t->last->branch : source->repository.branch;
	int result = t->commit ? ask(t, source, path, t->commit, err) : 0;

	return result == 0 ? ask(t, source, path, branch, err) : result;
}

/* 1: found; 0: try the next one. */
static int try_mapping(struct tracing *t, const struct code_mapping *mapping, struct err *err)
{
	cleanup_mapping_source struct mapping_source source = {0};
	cleanup_err struct err problem = {0};
	cleanup_free char *path = frame_source_path(&t->frame, mapping);
	int result;

	t->applied = t->applied || path;
	if (path || !t->applied) {
		t->last = mapping;
		t->error = path ? "integration_not_found" : "stack_root_mismatch";
	}
	if (!path)
		return 0;
	if (mapping_source_read(t->call, mapping, &source, &problem) < 0)
		return problem.code == MORTISE_E_NOT_FOUND ? 0 : err_move(err, &problem);
	result = ask_both(t, &source, path, &problem);
	t->error = result == 1 ? NULL : result == MORTISE_E_FORBIDDEN
		? "integration_link_forbidden" : "file_not_found";
	return result < 0 && result != MORTISE_E_FORBIDDEN && result != MORTISE_E_NOT_FOUND
		? err_move(err, &problem) : result == 1;
}

static int try_mappings(struct tracing *t, struct err *err)
{
	int result = 0;

	t->error = t->tried_len > 0 ? NULL : "no_code_mappings_for_project";
	for (size_t i = 0; i < t->tried_len && result == 0; i++)
		result = try_mapping(t, t->tried[i], err);
	return result < 0 ? result : 0;
}

/* ---- The answer ---- */

static json_t *integrations_json(const struct tracing *t)
{
	struct daemon *daemon = t->call->daemon;
	json_t *list = json_array();

	for (size_t i = 0; i < t->integration_len; i++) {
		const struct reg_provider *provider = providers_find(daemon->providers,
			t->integrations[i].provider);

		if (!provider)
			continue;
		if (provider_has_feature(provider, "stacktrace-link") &&
			t->links[i].status == INTEGRATION_ACTIVE)
			json_array_append_new(list, integration_item(daemon, &t->integrations[i],
				&t->links[i], false));
		registration_unref(provider->registration);
	}
	return list;
}

static json_t *answer(const struct tracing *t)
{
	json_t *reply = json_pack("{s:s?, s:o, s:s?, s:o}", "error", t->error, "config", t->last
		? code_mapping_json(t->call->daemon, t->last) : json_null(), "sourceUrl",
		t->source_url, "integrations", integrations_json(t));

	if (t->tried_len > 0)
		json_object_set_new(reply, "attemptedUrl", t->attempted_url
			? json_string(t->attempted_url) : json_null());
	return reply;
}

static const char *parameter(const struct api_call *call, const char *name, struct err *err)
{
	const char *value = api_query(call, name, NULL);

	if (value && strlen(value) > PARAMETER_SIZE_MAX)
		err_field(err, name, "This parameter has at most %d bytes.", PARAMETER_SIZE_MAX);
	return value;
}

static int stacktrace_link(struct api_call *call, struct err *err)
{
	struct tracing t = {
		.call = call,
		.frame = {
			.platform = parameter(call, "platform", err),
			.sdk = parameter(call, "sdkName", err),
			.file = parameter(call, "file", err),
			.abs_path = parameter(call, "absPath", err),
			.module = parameter(call, "module", err),
			.package = parameter(call, "package", err),
		},
		.commit = parameter(call, "commitId", err),
		.until_ms = clock_mono_ms() + DEADLINE_MS,
	};
	int result = err->code;

	if (result == 0 && !t.frame.file) {
		call->status = 400;
		call->reply = json_pack("{s:s}", "detail", "The query parameter \"file\" is required.");
		return 0;
	}
	if (result == 0)
		result = store_read(call->daemon->store, read_in, &t, err);
	if (result == 0) {
		order_mappings(&t);
		result = try_mappings(&t, err);
	}
	if (result == 0)
		call->reply = answer(&t);
	clear_rows(&t);
	free(t.source_url);
	free(t.attempted_url);
	return result;
}

const struct api_route api_stacktrace_link_routes[] = {
	{"GET", "/api/0/projects/{org}/{project}/stacktrace-link/", SCOPES_P_GET, 0,
		stacktrace_link},
	{0},
};
