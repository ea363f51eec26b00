/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * ImportLegacy: lines of a file with what an older system knew of trackers and
 * repositories, one JSON object each; mortisectl(1) has their form.  The client sends the
 * whole file twice, in pieces: first to be checked, so that a mistake anywhere leaves
 * nothing written.  Workers.
 */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/change.h"
#include "core/provider/provider.h"
#include "core/storage/audit.h"
#include "core/storage/integration.h"
#include "core/storage/issue.h"
#include "core/storage/legacy.h"
#include "core/storage/link.h"
#include "core/storage/organization.h"
#include "core/storage/store.h"
#include "core/sync/migrate.h"

#define TEXT_MAX 1024
#define FIELDS_MAX 100
#define INTEGRATIONS_LOOKED_AT 100

struct member {
	const char *name;
	bool required;
};

static const struct member issue_members[] = {{"kind", true}, {"org", true}, {"provider", true},
	{"base_url", true}, {"issue", true}, {"key", true}, {"ignored_fields", false}, {0}};
static const struct member repository_members[] = {{"kind", true}, {"org", true},
	{"provider", true}, {"name", true}, {"external_id", false}, {"url", false}, {0}};

struct import {
	const char *lines;
	int64_t first;                 /* number of the first line */
	bool check;                    /* write nothing */
	int64_t now_us;
	const struct reg_provider **providers;
	size_t provider_len;
	/* Set anew at each run: */
	int64_t issues, repositories, known;
	json_t *seen;                  /* {"ORGANIZATION/PROVIDER": organization} */
};

static const char *text_of(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

/* ---- One line ---- */

static bool is_text_list(const json_t *value)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > FIELDS_MAX)
		return false;
	json_array_foreach(value, i, item)
		if (!json_is_string(item) || json_string_length(item) > TEXT_MAX)
			return false;
	return true;
}

static int check_member(const struct member *members, const char *name, const json_t *value,
	struct err *err)
{
	size_t size = json_string_length(value);

	for (; members->name; members++)
		if (strcmp(members->name, name) == 0)
			break;
	if (!members->name)
		return err_set(err, MORTISE_E_FIELD, "\"%.64s\" is no member of such a line", name);
	if (strcmp(name, "ignored_fields") == 0)
		return is_text_list(value) ? 0 : err_set(err, MORTISE_E_FIELD,
			"\"ignored_fields\" must be a list of at most %d texts", FIELDS_MAX);
	if (!json_is_string(value) || size == 0 || size > TEXT_MAX)
		return err_set(err, MORTISE_E_FIELD, "\"%s\" must be a text of 1 to %d bytes", name,
			TEXT_MAX);
	return 0;
}

static int check_form(const json_t *line, const struct member **ret_members, struct err *err)
{
	const char *kind = text_of(line, "kind"), *name;
	const struct member *members = kind && strcmp(kind, "issue") == 0 ? issue_members
		: kind && strcmp(kind, "repository") == 0 ? repository_members : NULL;
	json_t *value;

	if (!json_is_object(line))
		return err_set(err, MORTISE_E_FIELD, "it is no JSON object");
	if (!members)
		return err_set(err, MORTISE_E_FIELD,
			"\"kind\" must be \"issue\" or \"repository\"");
	json_object_foreach((json_t *)(uintptr_t)line, name, value)
		if (check_member(members, name, value, err) < 0)
			return err->code;
	for (const struct member *member = members; member->name; member++)
		if (member->required && !json_object_get(line, member->name))
			return err_set(err, MORTISE_E_FIELD, "\"%s\" is missing", member->name);
	*ret_members = members;
	return 0;
}

static int import_issue(struct tx *tx, struct import *import, const json_t *line,
	int64_t organization_id, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *none = json_array();
	json_t *ignored = json_object_get(line, "ignored_fields");
	int result = issue_by_text(tx, organization_id, text_of(line, "issue"), &issue, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_set(err, MORTISE_E_NOT_FOUND, "the organization has no issue \"%s\"",
			text_of(line, "issue"));
	if (result < 0)
		return err_move(err, &missing);
	if (strncmp(text_of(line, "base_url"), "https://", 8) != 0 &&
		strncmp(text_of(line, "base_url"), "http://", 7) != 0)
		return err_set(err, MORTISE_E_FIELD,
			"\"base_url\" must begin with https:// or http://");
	import->issues++;
	if (import->check)
		return 0;
	result = legacy_issue_insert(tx, &(struct legacy_issue){
		.organization_id = organization_id,
		.issue_id = issue.id,
		.provider = (char *)(uintptr_t)text_of(line, "provider"),
		.base_url = (char *)(uintptr_t)text_of(line, "base_url"),
		.key = (char *)(uintptr_t)text_of(line, "key"),
		.ignored_fields = ignored ? ignored : none,
	}, import->now_us, err);
	import->known += result == 0;
	return result < 0 ? result : 0;
}

static int import_repository(struct tx *tx, struct import *import, const json_t *line,
	int64_t organization_id, struct err *err)
{
	int result;

	import->repositories++;
	if (import->check)
		return 0;
	result = legacy_repository_insert(tx, &(struct legacy_repository){
		.organization_id = organization_id,
		.provider = text_of(line, "provider"),
		.name = text_of(line, "name"),
		.external_id = text_of(line, "external_id"),
		.url = text_of(line, "url"),
	}, import->now_us, err);
	import->known += result == 0;
	return result < 0 ? result : 0;
}

static int import_line(struct tx *tx, struct import *import, const json_t *line, struct err *err)
{
	cleanup_organization struct organization organization = {0};
	cleanup_err struct err missing = {0};
	cleanup_free char *pair = NULL;
	const struct member *members;
	int result = check_form(line, &members, err);

	if (result < 0)
		return result;
	result = organization_find(tx, text_of(line, "org"), &organization, &missing);
	if (result == MORTISE_E_NOT_FOUND)
		return err_set(err, result, "there is no organization \"%s\"", text_of(line, "org"));
	if (result < 0)
		return err_move(err, &missing);
	pair = xasprintf("%" PRId64 "/%s", organization.id, text_of(line, "provider"));
	json_object_set_new(import->seen, pair, json_integer(organization.id));
	return members == issue_members
		? import_issue(tx, import, line, organization.id, err)
		: import_repository(tx, import, line, organization.id, err);
}

/* ---- All of them ---- */

static int queue_for(struct tx *tx, const struct import *import, int64_t organization_id,
	const char *key, struct err *err)
{
	struct integration *rows;
	struct link *links;
	size_t len;
	int result = integration_list(tx, organization_id, key,
		&KEYSET_FIRST(INTEGRATIONS_LOOKED_AT), &rows, &links, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		for (size_t p = 0; result == 0 && p < import->provider_len; p++)
			if (strcmp(reg_row_key(import->providers[p]), rows[i].provider) == 0 &&
				links[i].status == INTEGRATION_ACTIVE)
				result = migrate_queue(tx, &(struct migrate){
					.provider = import->providers[p],
					.organization_id = organization_id,
					.integration_id = rows[i].id,
					.link_id = links[i].id,
					.origin = ADMIN_ORIGIN,
					.now_us = import->now_us,
				}, err);
	integration_list_free(rows, links, len);
	return result;
}

/* Integrations that are there take over at once; others when they are installed. */
static int finish(struct tx *tx, const struct import *import, struct err *err)
{
	const char *pair;
	json_t *organization;

	json_object_foreach(import->seen, pair, organization) {
		int64_t id = json_integer_value(organization);

		if (queue_for(tx, import, id, strchr(pair, '/') + 1, err) < 0 ||
			audit_insert(tx, &(struct audit_new){.organization_id = id,
				.origin = ADMIN_ORIGIN, .event = "legacy.import",
				.kind = "organization", .id = id, .now_us = import->now_us}, err) < 0)
			return err->code;
	}
	return 0;
}

static int import_in(struct tx *tx, void *arg, struct err *err)
{
	struct import *import = arg;
	int64_t number = import->first;

	import->issues = import->repositories = import->known = 0;
	json_decref(import->seen);
	import->seen = json_object();
	for (const char *at = import->lines; *at; number++) {
		size_t size = strcspn(at, "\n");
		cleanup_json json_t *line = json_loadb(at, size, JSON_REJECT_DUPLICATES, NULL);

		if (strspn(at, " \t\r") < size && import_line(tx, import, line, err) < 0) {
			err_prefix(err, "line %" PRId64 ": ", number);
			return err->code;
		}
		at += size + (at[size] == '\n');
	}
	return import->check ? 0 : finish(tx, import, err);
}

static int run_import(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct import import = {
		.lines = admin_text(parameters, "lines"),
		.first = json_integer_value(json_object_get(parameters, "first")),
		.check = json_is_true(json_object_get(parameters, "check")),
		.now_us = clock_now_us(),
	};
	int result;

	import.providers = providers_all(daemon->providers, &import.provider_len);
	result = import.check ? store_read(daemon->store, import_in, &import, err)
			      : store_write(daemon->store, import_in, &import, err);
	for (size_t i = 0; i < import.provider_len; i++)
		registration_unref(import.providers[i]->registration);
	free(import.providers);
	json_decref(import.seen);
	if (result < 0)
		return result;
	jobs_wake(daemon->jobs);
	*ret_result = json_pack("{s:I, s:I, s:I}", "issues", (json_int_t)import.issues,
		"repositories", (json_int_t)import.repositories, "known",
		(json_int_t)import.known);
	return 0;
}

const struct admin_method admin_import_methods[] = {
	{.name = "ImportLegacy", .level = ADMIN_ADMIN,
		.in = "(lines: string, first: int, check: bool)",
		.out = "(issues: int, repositories: int, known: int)",
		.help = "Take in what an older system knew of trackers and repositories",
		.run = run_import},
	{0},
};
