/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Adding, changing and deleting repositories of an organization.
 *
 * Where Sentry's documents leave it open: one that waits for its deletion keeps its name
 * and its history until that begins, so adding it again, or setting its status, brings it
 * back as it was; while it waits, its integration cannot be changed alone.  A repository
 * may move to an integration of another provider, and gets that provider.  The address of
 * settings for many at once is PUT /organizations/{org}/repos/settings/.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/install.h"
#include "core/api/repository_deletion.h"
#include "core/api/repository_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/keyset.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define GET_DEADLINE_MS 10000
#define IDENTIFIER_MAX 1024
#define SETTINGS_MAX 1000      /* repositories in one request */

static int audit(struct tx *tx, const struct api_call *call, const char *event, int64_t id,
	const json_t *data, int64_t now_us, struct err *err)
{

	return audit_insert(tx, &(struct audit_new){
		.organization_id = call->principal.organization_id,
		.origin = call->principal.origin,
		.event = event,
		.kind = "repository",
		.id = id,
		.data = data,
		.now_us = now_us,
	}, err);
}

/* Is this link, with its integration, in use?  1 or 0: it may have been removed since it
 * was looked at. */
static int is_active(struct tx *tx, int64_t link_id, struct err *err)
{
	cleanup_integration struct integration integration = {0};
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = link_get(tx, link_id, &link, &missing);

	if (result == 0)
		result = integration_get(tx, link.integration_id, &integration, &missing);
	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	return result == 0 && link.status == INTEGRATION_ACTIVE &&
		integration.status == INTEGRATION_ACTIVE;
}

static bool can_have_repositories(const struct install *install)
{
	return install->provider && install->provider->has_repository_provider &&
		install->integration.status == INTEGRATION_ACTIVE &&
		install->link.status == INTEGRATION_ACTIVE;
}

/* ---- Adding one ---- */

/* How Sentry says that a repository could not be added. */
static void add_refused(struct api_call *call, int status, const char *type, const char *text)
{
	call->status = status;
	call->reply = json_pack("{s:s, s:{s:s}}", "error_type", type, "errors", "__all__", text);
}

static void add_failed(struct api_call *call, const struct err *err)
{
	switch (err->code) {
	case MORTISE_E_UPSTREAM:
	case MORTISE_E_RETRY:
	case MORTISE_E_RATE:
	case MORTISE_E_CANCELLED:
		http_reply_header(call->request, "Retry-After", "5");
		add_refused(call, 503, "service unavailable", err_text(err));
		return;
	case MORTISE_E_INTERNAL:
		add_refused(call, 500, "unknown", "Unknown error");
		return;
	default:
		add_refused(call, 400, "validation", err_text(err));
	}
}

struct add {
	const struct api_call *call;
	struct repository_put put;
	int64_t link_id;
	int64_t id;
	bool exists;
	struct repository repository;
};

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct add *add = arg;
	cleanup_json json_t *data = json_pack("{s:s}", "name", add->put.name);
	int result = is_active(tx, add->link_id, err);

	repository_clear(&add->repository);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "this integration was removed meanwhile");
	if (result > 0)
		result = repository_add(tx, &add->put, &add->id, err);
	if (result < 0)
		return result;
	/* One that is there already is brought up to date. */
	add->exists = result != REPOSITORY_CREATED && result != REPOSITORY_ENABLED;
	if (add->exists)
		return 0;
	if (repository_get(tx, add->put.organization_id, add->id, &add->repository, err) < 0)
		return err->code;
	return audit(tx, add->call, "repo.add", add->id, data, add->put.now_us, err);
}

/* What the provider says of the repository becomes a row. */
static int add_write(struct api_call *call, const struct install *install, const json_t *found,
	struct err *err)
{
	const json_t *id = json_object_get(found, "external_id");
	cleanup_free char *external_id = json_is_integer(id)
		? xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(id))
		: xstrdup(json_string_value(id));
	struct add add = {.call = call, .link_id = install->link.id, .put = {
		.organization_id = install->link.organization_id,
		.integration_id = install->integration.id,
		.provider = install->provider->repository_provider.id,
		.external_id = external_id,
		.name = json_string_value(json_object_get(found, "name")),
		.url = json_string_value(json_object_get(found, "url")),
		.branch = json_string_value(json_object_get(found, "branch")),
		.config = json_object_get(found, "config"),
		.now_us = clock_now_us(),
	}};
	int result;

	if (!external_id || !add.put.name || strlen(add.put.name) >= KEYSET_TEXT_SIZE)
		return err_set(err, MORTISE_E_INTERNAL, "%s described the repository without an id "
			"or a name, or with one that is too long", install->integration.provider);
	result = store_write(call->daemon->store, add_in, &add, err);
	if (result == 0 && add.exists) {
		repository_exists(call);
	} else if (result == 0) {
		call->status = 201;
		call->reply = repository_json(call->daemon, &add.repository);
	}
	repository_clear(&add.repository);
	return result;
}

/* The integration that 'installation' names, if it is one of this provider. */
static int add_install(struct api_call *call, const char *provider, struct install *install,
	struct err *err)
{
	json_t *given = json_object_get(call->body, "installation");
	int64_t id = json_integer_value(given);

	if (json_is_string(given) && !slug_is_id(json_string_value(given), &id))
		id = 0;
	if (install_read_id(call, id, install, err) < 0)
		return err->code;
	if (!can_have_repositories(install) ||
		strcmp(install->provider->repository_provider.id, provider) != 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"no active integration of this provider has this id");
	return 0;
}

static int add_run(struct api_call *call, const struct install *install, const char *identifier,
	struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:s}", "identifier", identifier);
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	int result = MORTISE_E_UNSUPPORTED;

	if (!install->provider->repository_provider.get)
		err_set(err, result, "this provider cannot add single repositories");
	else
		result = install_call(call, install, "repository:get", input, GET_DEADLINE_MS,
			&output, &effects, err);
	if (result == 0)
		result = add_write(call, install, output, err);
	if (result < 0)
		add_failed(call, err);
	return 0;
}

/* Some upstreams know their repositories by number. */
static char *read_identifier(const struct api_call *call, struct err *err)
{
	const struct body in = {.object = call->body, .err = err};
	const json_t *given = json_object_get(call->body, "identifier");

	if (json_is_integer(given))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(given));
	return xstrdup(body_text(&in, "identifier", IDENTIFIER_MAX, BODY_REQUIRED));
}

static int add_repository(struct api_call *call, struct err *err)
{
	const char *id = json_string_value(json_object_get(call->body, "provider"));
	const struct reg_provider *provider = id ? repository_provider_find(call->daemon, id) : NULL;
	cleanup_free char *identifier = NULL;
	cleanup_install struct install install = {0};
	int result;

	if (!provider) {
		call->status = 400;
		call->reply = json_pack("{s:s}", "error_type", "validation");
		return 0;
	}
	registration_unref(provider->registration);
	identifier = read_identifier(call, err);
	if (!identifier)
		return err->code;
	result = add_install(call, id, &install, err);
	if (result == MORTISE_E_NOT_FOUND) {
		add_refused(call, 404, "not found", err_text(err));
		return 0;
	}
	return result < 0 ? result : add_run(call, &install, identifier, err);
}

/* ---- Changing one ---- */

struct change {
	const struct api_call *call;
	int64_t id;
	int status;                /* wanted: enum integration_status; -1: as it is */
	const struct install *install;     /* wanted, or NULL */
	int64_t now_us;
	struct repository repository;
	bool is_changed;
};

static int change_status(struct tx *tx, struct change *change, struct err *err)
{
	const struct repository *there = &change->repository;
	int result = 0;

	if (there->status == INTEGRATION_PENDING_DELETION)
		result = repository_keep(tx, there->id, change->now_us, err);
	if (result >= 0)
		result = repository_set_status(tx, there->id, change->status, change->now_us, err);
	if (result < 0 || there->status == change->status)
		return result < 0 ? result : 0;
	change->is_changed = true;
	return change->status == INTEGRATION_DISABLED
		? repository_hiding_queue(tx, there->id, change->call->principal.origin,
			change->now_us, err) : 0;
}

static int change_integration(struct tx *tx, struct change *change, struct err *err)
{
	const struct install *install = change->install;
	const char *provider = install->provider->repository_provider.id;
	int result = is_active(tx, install->link.id, err);

	if (result == 0)
		return err_set(err, MORTISE_E_FIELD, "Invalid integration id");
	if (result < 0 || (change->repository.integration_id == install->integration.id &&
				  strcmp(change->repository.provider, provider) == 0))
		return result < 0 ? result : 0;
	change->is_changed = true;
	result = repository_relink(tx, change->id, provider, install->integration.id, change->now_us,
		err);
	return result < 0 ? result : 0;
}

static int change_check(const struct change *change, struct err *err)
{
	if (change->repository.status == INTEGRATION_DELETION_IN_PROGRESS)
		return err_set(err, MORTISE_E_FIELD, "This repository is being deleted.");
	if (change->repository.status == INTEGRATION_PENDING_DELETION && change->status < 0)
		return err_set(err, MORTISE_E_FIELD, "This repository waits for its deletion: set "
			"its status to \"active\" to keep it.");
	return 0;
}

static int change_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	int64_t organization_id = change->call->principal.organization_id;
	cleanup_json json_t *data = json_object();

	change->is_changed = false;
	repository_clear(&change->repository);
	if (repository_get(tx, organization_id, change->id, &change->repository, err) < 0 ||
		change_check(change, err) < 0 ||
		(change->install && change_integration(tx, change, err) < 0) ||
		(change->status >= 0 && change_status(tx, change, err) < 0))
		return err->code;
	if (!change->is_changed)
		return 0;
	repository_clear(&change->repository);
	if (repository_get(tx, organization_id, change->id, &change->repository, err) < 0)
		return err->code;
	json_object_set_new(data, "status",
		json_string(integration_status_name(change->repository.status)));
	json_object_set_new(data, "integration",
		json_integer(change->repository.integration_id));
	return audit(tx, change->call, "repo.edit", change->id, data, change->now_us, err);
}

/* The integration that the body names; NULL if it names none. */
static int read_install(struct api_call *call, struct install *install,
	const struct install **ret_install, struct err *err)
{
	const struct body in = {.object = call->body, .err = err};
	const char *text = json_string_value(body_member(&in, "integrationId"));
	int64_t id = text && !*text ? 0 : body_id(&in, "integrationId", 0);
	cleanup_err struct err missing = {0};
	int result;

	if (err->code < 0 || id == 0)
		return err->code;
	result = install_read_id(call, id, install, &missing);
	if (result == MORTISE_E_NOT_FOUND || (result == 0 && !can_have_repositories(install)))
		return err_set(err, MORTISE_E_FIELD, "Invalid integration id");
	*ret_install = install;
	return result < 0 ? err_move(err, &missing) : 0;
}

static int change_repository(struct api_call *call, struct err *err)
{
	static const char *const statuses[] = {"active", "visible", "hidden", NULL};
	const struct body in = {.object = call->body, .err = err};
	cleanup_install struct install install = {0};
	struct change change = {.call = call, .now_us = clock_now_us()};
	int status = body_choice(&in, "status", statuses, 0);
	int result;

	if (api_id(call, "repository", &change.id, err) < 0 || err->code < 0 ||
		read_install(call, &install, &change.install, err) < 0)
		return err->code;
	change.status = status < 0 ? -1 : status == 2 ? INTEGRATION_DISABLED : INTEGRATION_ACTIVE;
	result = store_write(call->daemon->store, change_in, &change, err);
	if (result == 0) {
		jobs_wake(call->daemon->jobs);
		call->reply = repository_json(call->daemon, &change.repository);
	} else if (result == MORTISE_E_CONFLICT) {
		repository_exists(call);
		result = 0;
	}
	repository_clear(&change.repository);
	return result;
}

/* ---- Deleting one ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	int64_t organization_id = change->call->principal.organization_id;
	cleanup_json json_t *data = NULL;
	int result;

	repository_clear(&change->repository);
	if (repository_get(tx, organization_id, change->id, &change->repository, err) < 0)
		return err->code;
	result = repository_begin_deletion(tx, change->id, change->now_us, err);
	if (result <= 0)
		return result;
	change->repository.status = INTEGRATION_PENDING_DELETION;
	data = json_pack("{s:s}", "name", change->repository.name);
	if (audit(tx, change->call, "repo.remove", change->id, data, change->now_us, err) < 0)
		return err->code;
	return repository_deletion_queue(tx, change->id, change->call->principal.origin,
		change->now_us, err);
}

static int delete_repository(struct api_call *call, struct err *err)
{
	struct change change = {.call = call, .now_us = clock_now_us()};
	int result = api_id(call, "repository", &change.id, err);

	if (result == 0)
		result = store_write(call->daemon->store, delete_in, &change, err);
	if (result == 0) {
		jobs_wake(call->daemon->jobs);
		call->status = 202;
		call->reply = repository_json(call->daemon, &change.repository);
	}
	repository_clear(&change.repository);
	return result;
}

/* ---- Settings of many ---- */

struct settings {
	const struct api_call *call;
	int64_t ids[SETTINGS_MAX];
	size_t len;
	json_t *wanted;            /* what was sent of the settings */
	int64_t now_us;
	json_t *items;
};

/* Of a repository for which nobody set anything: as Sentry has them then. */
static json_t *settings_merged(const struct repository *repository, json_t *wanted)
{
	json_t *merged = json_pack("{s:b, s:[]}", "enabledCodeReview", 0, "codeReviewTriggers");

	if (repository->settings)
		json_object_update(merged, repository->settings);
	json_object_update(merged, wanted);
	return merged;
}

static int settings_one(struct tx *tx, struct settings *settings, int64_t id, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	cleanup_err struct err missing = {0};
	json_t *merged;
	int result = repository_get(tx, settings->call->principal.organization_id, id, &repository,
		&missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, "repositoryIds", "There is no repository %" PRId64 ".", id);
	if (result < 0)
		return err_move(err, &missing);
	merged = settings_merged(&repository, settings->wanted);
	json_decref(repository.settings);
	repository.settings = merged;
	result = repository_set_settings(tx, id, merged, settings->now_us, err);
	if (result < 0)
		return result;
	json_array_append_new(settings->items,
		repository_json_full(settings->call->daemon, &repository));
	return audit(tx, settings->call, "repo.edit", id, settings->wanted, settings->now_us, err);
}

static int settings_in(struct tx *tx, void *arg, struct err *err)
{
	struct settings *settings = arg;
	int result = 0;

	json_decref(settings->items);
	settings->items = json_array();
	for (size_t i = 0; i < settings->len && result == 0; i++)
		result = settings_one(tx, settings, settings->ids[i], err);
	return result;
}

static void read_ids(const struct body *in, struct settings *settings)
{
	const json_t *list = body_member(in, "repositoryIds");
	cleanup_json json_t *seen = json_object();
	json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
		json_array_size(list) > SETTINGS_MAX) {
		err_field(in->err, "repositoryIds", "Must be a list of 1 to %d ids.", SETTINGS_MAX);
		return;
	}
	json_array_foreach(list, i, item) {
		int64_t id = json_integer_value(item);
		char key[24];

		if ((json_is_string(item) && !slug_is_id(json_string_value(item), &id)) || id <= 0) {
			err_field(in->err, "repositoryIds", "A valid integer is required.");
			return;
		}
		snprintf(key, sizeof(key), "%" PRId64, id);
		if (!json_object_get(seen, key))
			settings->ids[settings->len++] = id;
		json_object_set_new(seen, key, json_true());
	}
}

static void read_triggers(const struct body *in, json_t *wanted)
{
	static const char *const known[] = {"on_command_phrase", "on_new_commit",
		"on_ready_for_review"};
	json_t *list = body_list(in, "codeReviewTriggers", JSON_STRING, lengthof(known), 0);
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		bool found = false;

		for (size_t j = 0; j < lengthof(known); j++)
			found = found || strcmp(known[j], json_string_value(item)) == 0;
		if (!found)
			err_field(in->err, "codeReviewTriggers", "\"%.64s\" is not a valid choice: use "
				"on_command_phrase, on_new_commit or on_ready_for_review.",
				json_string_value(item));
	}
	if (list)
		json_object_set(wanted, "codeReviewTriggers", list);
}

static int change_settings(struct api_call *call, struct err *err)
{
	const struct body in = {.object = call->body, .err = err};
	cleanup_json json_t *wanted = json_object();
	struct settings settings = {.call = call, .wanted = wanted, .now_us = clock_now_us()};
	bool enabled = body_bool(&in, "enabledCodeReview", false);

	read_ids(&in, &settings);
	read_triggers(&in, wanted);
	if (json_is_boolean(body_member(&in, "enabledCodeReview")))
		json_object_set_new(wanted, "enabledCodeReview", json_boolean(enabled));
	if (err->code == 0 && json_object_size(wanted) == 0)
		err_field(err, "nonFieldErrors",
			"Give \"enabledCodeReview\", \"codeReviewTriggers\" or both.");
	if (err->code < 0)
		return err->code;
	if (store_write(call->daemon->store, settings_in, &settings, err) < 0) {
		json_decref(settings.items);
		return err->code;
	}
	call->reply = settings.items;
	return 0;
}

#define REPOSITORIES "/api/0/organizations/{org}/repos/"

const struct api_route api_repository_change_routes[] = {
	{"POST", REPOSITORIES, SCOPES_L_POST, API_BODY, add_repository},
	{"PUT", REPOSITORIES "settings/", SCOPES_I_POST, API_BODY, change_settings},
	{"PUT", REPOSITORIES "{repository}/", SCOPES_I_POST, API_BODY, change_repository},
	{"DELETE", REPOSITORIES "{repository}/", SCOPES_I_DELETE, 0, delete_repository},
	{0},
};
