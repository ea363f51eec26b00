/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Reads of a plugin: committed state, as far as the scope of its call has it.  One
 * table of (name, scopes, function).  Host-call threads.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/frame/call_scope.h"
#include "core/storage/commit.h"
#include "core/storage/external_issue.h"
#include "core/storage/external_project.h"
#include "core/storage/identity.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "core/tracker/linked.h"
#include "core/vault/slot.h"

/* A read under way: what goes into a transaction and comes out of it. */
struct read {
	struct daemon *daemon;
	const struct call_scope *scope;
	const char *what;
	const json_t *args;
	int64_t now_us;                /* made before the transaction, by those that need it */
	json_t *value;
};

typedef int read_fn(struct read *read, struct err *err);

static int need_arg(const struct read *read, const char *name, const char **ret_text,
	struct err *err)
{
	const char *text = json_string_value(json_object_get(read->args, name));

	if (!text)
		return err_set(err, MORTISE_E_INTERNAL, "read %s: \"%s\" is missing", read->what, name);
	*ret_text = text;
	return 0;
}

/* The value at args.pointer of 'json' (all without one). */
static int point(struct read *read, const json_t *json, struct err *err)
{
	const char *pointer = json_string_value(json_object_get(read->args, "pointer"));
	json_t *value = json_pointer(json, pointer ? pointer : "");

	if (!value)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no %s \"%s\"", read->what,
			pointer ? pointer : "");
	read->value = json_deep_copy(value);
	return 0;
}

/* ---- Without the store ---- */

static json_t *typed_setting(const struct mortise_setting *setting, const char *text)
{
	switch (setting->type) {
	case MORTISE_TYPE_INTEGER:
		return json_integer(strtoll(text, NULL, 10));
	case MORTISE_TYPE_BOOLEAN:
		return json_boolean(strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
	default:
		return json_string(text);
	}
}

static int read_setting(struct read *read, struct err *err)
{
	const struct mortise_setting *setting;
	cleanup_free char *text = NULL;
	const char *name;
	int result = need_arg(read, "name", &name, err);

	if (result < 0)
		return result;
	setting = reg_setting(read->scope->provider, name);
	if (!setting)
		return err_set(err, MORTISE_E_INTERNAL, "setting \"%s\" is not registered", name);
	if (setting->flags & MORTISE_SETTING_SECRET)
		return err_set(err, MORTISE_E_INTERNAL, "setting \"%s\" is secret", name);
	text = provider_setting(read->daemon, read->scope->provider, name);
	if (!text || !text[0])
		return err_set(err, MORTISE_E_NOT_FOUND, "setting \"%s\" is not configured", name);
	read->value = typed_setting(setting, text);
	return 0;
}

static int read_state(struct read *read, struct err *err)
{
	return point(read, read->scope->state, err);
}

static int read_public_url(struct read *read, struct err *err)
{
	cleanup_free char *url = NULL;
	const char *path;
	int result = need_arg(read, "path", &path, err);

	if (result < 0)
		return result;
	if (path[0] != '/')
		return err_set(err, MORTISE_E_INTERNAL, "public_url: \"%s\" must start with a slash",
			path);
	url = xasprintf("%s%s", read->daemon->settings->public_url, path);
	read->value = json_string(url);
	return 0;
}

static int read_product(struct read *read, struct err *err)
{
	(void)err;
	read->value = json_pack("{s:s, s:s}", "name", read->daemon->settings->product_name, "key",
		read->daemon->settings->product_key);
	return 0;
}

static int read_secret_present(struct read *read, struct err *err)
{
	cleanup_secret struct secret *secret = NULL;
	cleanup_err struct err missing = {0};
	const char *slot;
	int result = need_arg(read, "slot", &slot, err);

	if (result < 0)
		return result;
	result = slot_read(read->daemon, read->scope, slot, &secret, &missing);
	if (result < 0 && result != MORTISE_E_NOT_FOUND && result != MORTISE_E_SETTINGS)
		return err_move(err, &missing);
	read->value = json_pack("{s:b}", "present", result == 0);
	return 0;
}

/* ---- From the store ---- */

static int get_integration(struct tx *tx, const struct call_scope *scope,
	struct integration *integration, struct err *err)
{
	if (scope->integration_id > 0)
		return integration_get(tx, scope->integration_id, integration, err);
	return integration_find(tx, reg_row_key(scope->provider), scope->external_id, 0, integration,
		err);
}

static int integration_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	cleanup_integration struct integration integration = {0};
	int result = get_integration(tx, read->scope, &integration, err);

	if (result == 0)
		read->value = json_pack("{s:s, s:s, s:s}", "external_id", integration.external_id,
			"name", integration.name, "status",
			integration_status_name(integration.status));
	return result;
}

/* As far as the scope has one: nothing but the scope's name and id is no error here. */
static int read_integration(struct read *read, struct err *err)
{
	const struct call_scope *scope = read->scope;
	cleanup_err struct err missing = {0};
	bool has_one = scope->integration_id > 0 ||
		(scope->kind == MORTISE_SCOPE_SUBJECT && scope->external_id);
	int result = has_one ? store_read(read->daemon->store, integration_tx, read, &missing) : 0;

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (!read->value)
		read->value = json_object();
	json_object_set_new(read->value, "scope", json_string(call_scope_name(scope->kind)));
	if (scope->external_id && !json_object_get(read->value, "external_id"))
		json_object_set_new(read->value, "external_id", json_string(scope->external_id));
	return 0;
}

static int metadata_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	cleanup_integration struct integration integration = {0};
	int result = get_integration(tx, read->scope, &integration, err);

	return result < 0 ? result : point(read, integration.metadata, err);
}

static int read_metadata(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, metadata_tx, read, err);
}

static int config_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	cleanup_link struct link link = {0};
	int result = link_get(tx, read->scope->link_id, &link, err);

	return result < 0 ? result : point(read, link.config, err);
}

static int read_config(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, config_tx, read, err);
}

static int identity_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	const struct call_scope *scope = read->scope;
	cleanup_free char *email = NULL;
	const char *external_id;
	int result = need_arg(read, "external_id", &external_id, err);

	if (result == 0)
		result = identity_find_email(tx, reg_row_key(scope->provider), external_id,
			scope->kind == MORTISE_SCOPE_INSTALL ? scope->organization_id : 0,
			scope->integration_id, &email, err);
	if (result == 0)
		read->value = json_pack("{s:s}", "email", email);
	return result;
}

static int read_identity(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, identity_tx, read, err);
}

/* ---- Repositories and authors ---- */

#define REPOSITORIES_AT_ONCE 500

static json_t *repository_json(const struct read *read, const struct repository *repository)
{
	return json_pack("{s:s, s:s, s:s*, s:s, s:O, s:b}", "external_id", repository->external_id,
		"name", repository->name, "url", repository->url, "status",
		integration_status_name(repository->status), "config", repository->config, "linked",
		repository->integration_id == read->scope->integration_id);
}

static struct repository_filter make_filter(const struct read *read, const char *provider)
{
	const struct call_scope *scope = read->scope;
	bool has_organization = scope->kind == MORTISE_SCOPE_INSTALL;

	return (struct repository_filter){
		.organization_id = has_organization ? scope->organization_id : 0,
		.integration_id = has_organization ? 0 : scope->integration_id,
		.provider = provider,
		.limit = REPOSITORIES_AT_ONCE,
	};
}

/* Of one organization; in integration scope, of the first that has it. */
static int repository_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	struct repository_filter filter = make_filter(read,
		read->scope->provider->repository_provider.id);
	struct repository *list;
	size_t len;
	int result;

	filter.external_id = json_string_value(json_object_get(read->args, "external_id"));
	filter.name = json_string_value(json_object_get(read->args, "name"));
	filter.limit = 1;
	if (!filter.external_id && !filter.name)
		return err_set(err, MORTISE_E_INTERNAL, "read repository: give external_id or name");
	result = repository_scan(tx, &filter, &list, &len, err);
	if (result < 0)
		return result;
	if (len > 0)
		read->value = repository_json(read, &list[0]);
	repository_list_free(list, len);
	return len > 0 ? 0 : err_set(err, MORTISE_E_NOT_FOUND, "there is no such repository");
}

static int add_repositories(struct tx *tx, struct read *read, const char *provider, struct err *err)
{
	struct repository_filter filter = make_filter(read, provider);
	struct repository *list;
	size_t len;
	int result;

	filter.after = json_string_value(json_object_get(read->args, "after"));
	filter.unlinked = json_is_true(json_object_get(read->args, "unlinked"));
	result = repository_scan(tx, &filter, &list, &len, err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(read->value, repository_json(read, &list[i]));
	repository_list_free(list, len);
	return 0;
}

static int compare_external_ids(const void *a, const void *b)
{
	json_t *const *one = a, *const *other = b;

	return strcmp(json_string_value(json_object_get(*one, "external_id")),
		json_string_value(json_object_get(*other, "external_id")));
}

/* One list out of those of several ids: in order, and no longer than a page. */
static void merge_pages(struct read *read)
{
	size_t len = json_array_size(read->value);
	json_t **items = xcalloc(len, sizeof(*items));
	json_t *merged = json_array();

	for (size_t i = 0; i < len; i++)
		items[i] = json_array_get(read->value, i);
	if (len > 0)
		qsort(items, len, sizeof(*items), compare_external_ids);
	for (size_t i = 0; i < len && i < REPOSITORIES_AT_ONCE; i++)
		json_array_append(merged, items[i]);
	free(items);
	json_decref(read->value);
	read->value = merged;
}

/* Those without an integration may stand under an id that the provider had before. */
static int repositories_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	const struct mortise_repository_provider *provider =
		&read->scope->provider->repository_provider;
	bool unlinked = json_is_true(json_object_get(read->args, "unlinked"));
	cleanup_free char *legacy = xstrdup(unlinked && provider->legacy_ids ? provider->legacy_ids
									     : "");
	char *rest = NULL;
	int result;

	json_decref(read->value);
	read->value = json_array();
	result = add_repositories(tx, read, provider->id, err);
	for (char *id = strtok_r(legacy, ", ", &rest); id && result == 0;
		id = strtok_r(NULL, ", ", &rest))
		result = add_repositories(tx, read, id, err);
	if (result == 0)
		merge_pages(read);
	return result;
}

static int need_repositories(const struct read *read, struct err *err)
{
	if (read->scope->provider->has_repository_provider)
		return 0;
	return err_set(err, MORTISE_E_INTERNAL, "read %s: no repository provider is registered",
		read->what);
}

static int read_repository(struct read *read, struct err *err)
{
	int result = need_repositories(read, err);

	return result < 0 ? result : store_read(read->daemon->store, repository_tx, read, err);
}

static int read_repositories(struct read *read, struct err *err)
{
	int result = need_repositories(read, err);

	return result < 0 ? result : store_read(read->daemon->store, repositories_tx, read, err);
}

/* Install scope only: organizations that share an integration do not share what each
 * knows of people. */
static int commit_author_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	struct commit_author author = {0};
	const char *external_id;
	int found = need_arg(read, "external_id", &external_id, err);

	if (found == 0)
		found = commit_author_find(tx, read->scope->organization_id, external_id, &author,
			err);
	if (found == 1)
		read->value = json_pack("{s:s, s:s*}", "email", author.email, "name", author.name);
	commit_author_clear(&author);
	if (found == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "this commit author is not known");
	return found < 0 ? found : 0;
}

static int read_commit_author(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, commit_author_tx, read, err);
}

/* ---- Trackers ---- */

static int link_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	cleanup_external_issue struct external_issue issue = {0};
	const char *key;

	if (need_arg(read, "key", &key, err) < 0 ||
		external_issue_find(tx, read->scope->organization_id, read->scope->integration_id,
			key, &issue, err) < 0)
		return err->code;
	json_decref(read->value);
	read->value = json_pack("{s:s*, s:s*, s:s*, s:O, s:s*, s:s*}", "title", issue.title,
		"description", issue.description, "url", issue.url, "metadata", issue.metadata,
		"wrote_status", issue.wrote_status, "wrote_assignee", issue.wrote_assignee);
	return 0;
}

static int read_link(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, link_tx, read, err);
}

static int mapping_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	cleanup_external_project struct external_project project = {0};
	const char *external_id;

	if (need_arg(read, "external_id", &external_id, err) < 0 ||
		external_project_find(tx, read->scope->link_id, external_id, &project, err) < 0)
		return err->code;
	json_decref(read->value);
	read->value = json_pack("{s:s, s:s}", "resolved", project.resolved, "unresolved",
		project.unresolved);
	return 0;
}

static int read_mapping(struct read *read, struct err *err)
{
	return store_read(read->daemon->store, mapping_tx, read, err);
}

static int linked_issues_tx(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	const struct call_scope *scope = read->scope;
	struct linked_query query = {
		.daemon = read->daemon,
		.integration_id = scope->integration_id,
		.organization_id = scope->kind == MORTISE_SCOPE_INSTALL ? scope->organization_id : 0,
		.now_us = read->now_us,
	};

	json_decref(read->value);
	read->value = NULL;
	if (need_arg(read, "key", &query.key, err) < 0)
		return err->code;
	return linked_issues(tx, &query, &read->value, err);
}

static int read_linked_issues(struct read *read, struct err *err)
{
	read->now_us = clock_now_us();
	return store_read(read->daemon->store, linked_issues_tx, read, err);
}

/* ---- The table ---- */

#define SUBJECT (1u << MORTISE_SCOPE_SUBJECT)
#define PIPELINE (1u << MORTISE_SCOPE_PIPELINE)
#define INTEGRATION (1u << MORTISE_SCOPE_INTEGRATION)
#define INSTALL (1u << MORTISE_SCOPE_INSTALL)
#define EVERY (~0u)

static const struct reading {
	const char *what;
	unsigned scopes;
	read_fn *run;
	bool stored;
} reads[] = {
	{MORTISE_READ_SETTING, EVERY, read_setting, false},
	{MORTISE_READ_STATE, PIPELINE, read_state, false},
	{MORTISE_READ_INTEGRATION, EVERY, read_integration, true},
	{MORTISE_READ_METADATA, SUBJECT | INTEGRATION | INSTALL, read_metadata, true},
	{MORTISE_READ_CONFIG, INSTALL, read_config, true},
	{MORTISE_READ_REPOSITORY, INTEGRATION | INSTALL, read_repository, true},
	{MORTISE_READ_REPOSITORIES, INTEGRATION | INSTALL, read_repositories, true},
	{MORTISE_READ_COMMIT_AUTHOR, INSTALL, read_commit_author, true},
	{MORTISE_READ_IDENTITY, INTEGRATION | INSTALL, read_identity, true},
	{MORTISE_READ_PUBLIC_URL, EVERY, read_public_url, false},
	{MORTISE_READ_PRODUCT, EVERY, read_product, false},
	{MORTISE_READ_SECRET_PRESENT, EVERY, read_secret_present, true},
	{MORTISE_READ_LINK, INSTALL, read_link, true},
	{MORTISE_READ_MAPPING, INSTALL, read_mapping, true},
	{MORTISE_READ_LINKED_ISSUES, INTEGRATION | INSTALL, read_linked_issues, true},
};

/* NULL: a call of this scope cannot read it. */
static const struct reading *find_reading(const char *what, int scope, struct err *err)
{
	for (size_t i = 0; i < lengthof(reads); i++) {
		if (strcmp(reads[i].what, what) != 0)
			continue;
		if (reads[i].scopes & 1u << scope)
			return &reads[i];
		err_set(err, MORTISE_E_INTERNAL, "a call in %s scope cannot read \"%s\"",
			call_scope_name(scope), what);
		return NULL;
	}
	err_set(err, MORTISE_E_INTERNAL, "\"%.32s\" is nothing that can be read", what);
	return NULL;
}

int host_read_check(const char *what, int scope, bool *ret_stored, struct err *err)
{
	const struct reading *reading = find_reading(what, scope, err);

	if (!reading)
		return MORTISE_E_INTERNAL;
	*ret_stored = reading->stored;
	return 0;
}

int host_read(struct call *call, const char *what, const json_t *args, json_t **ret_value,
	struct err *err)
{
	struct read read = {
		.daemon = call_providers(call)->daemon,
		.scope = call_scope_of(call),
		.what = what,
		.args = args,
	};
	const struct reading *reading = find_reading(what, read.scope->kind, err);
	int result;

	if (!reading)
		return MORTISE_E_INTERNAL;
	result = reading->run(&read, err);
	if (result < 0) {
		json_decref(read.value);
		return result;
	}
	/* Only text that is not UTF-8 cannot become a value. */
	if (!read.value)
		return err_set(err, MORTISE_E_INTERNAL, "read %s: it is not UTF-8", what);
	*ret_value = read.value;
	return 0;
}
