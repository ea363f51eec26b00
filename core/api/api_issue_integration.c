/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues and the trackers that they are linked to.
 *
 * Where Sentry's behaviour is a quirk: a missing or unknown `action` is 400, not 200; a
 * link that is there already posts no comment (it is posted after the commit); a ticket
 * that the tracker made although its answer got lost is found again, not made twice.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/api/cursor.h"
#include "core/api/install.h"
#include "core/api/integration_json.h"
#include "core/api/issue_form.h"
#include "core/api/issue_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/issue/change.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/issue.h"
#include "core/storage/store.h"
#include "core/tracker/defaults.h"
#include "core/tracker/link.h"
#include "core/tracker/ticket.h"
#include "core/tracker/tracker.h"

#define LINKED_MAX 1000        /* external issues shown of one issue */
#define EXTERNAL_ISSUE_MAX 1024        /* bytes of what names one to link */
#define TITLE_MAX 1024

/* ---- List ---- */

struct list {
	const struct api_call *call;
	struct keyset place;
	struct integration *integrations;
	struct link *links;
	size_t len;
	struct external_issue *linked;
	size_t linked_len;
};

static void list_clear(struct list *list)
{
	integration_list_free(list->integrations, list->links, list->len);
	external_issue_list_free(list->linked, list->linked_len);
	list->integrations = NULL;
	list->links = NULL;
	list->linked = NULL;
	list->len = list->linked_len = 0;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	int64_t organization_id = list->call->principal.organization_id;
	cleanup_issue struct issue issue = {0};

	list_clear(list);
	if (issue_by_text(tx, organization_id, http_param(list->call->request, "issue"), &issue,
		    err) < 0 ||
		integration_list(tx, organization_id, NULL, &list->place, &list->integrations,
			&list->links, &list->len, err) < 0)
		return err->code;
	return external_issue_list_issue(tx, issue.id, 0, LINKED_MAX, &list->linked,
		&list->linked_len, err);
}

static json_t *external_json(const struct external_issue *linked)
{
	return json_pack("{s:o, s:s, s:s?, s:s?, s:s?, s:s}", "id", api_id_json(linked->id), "key",
		linked->key, "url", linked->url, "title", linked->title, "description",
		linked->description, "displayName", external_issue_name(linked));
}

/* NULL: nothing can be linked there. */
static json_t *list_item(const struct list *list, size_t index)
{
	const struct integration *integration = &list->integrations[index];
	const struct reg_provider *provider = providers_find(list->call->daemon->providers,
		integration->provider);
	bool shown = provider && tracker_has_issues(provider) &&
		list->links[index].status == INTEGRATION_ACTIVE;
	json_t *item, *linked;

	if (provider)
		registration_unref(provider->registration);
	if (!shown)
		return NULL;
	item = integration_base(list->call->daemon, integration);
	linked = json_array();
	for (size_t i = 0; i < list->linked_len; i++)
		if (list->linked[i].integration_id == integration->id)
			json_array_append_new(linked, external_json(&list->linked[i]));
	json_object_set_new(item, "externalIssues", linked);
	return item;
}

/* The page is cut before those that are no trackers are left out, so it may be short. */
static int integrations(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};
	int result = api_keyset_read(call, KEYSET_TEXT, &list.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &list, err);
	if (result == 0) {
		call->reply = json_array();
		for (size_t i = 0; i < api_keyset_shown(&list.place, list.len); i++) {
			json_t *item = list_item(&list, api_keyset_row(&list.place, list.len, i));

			if (item)
				json_array_append_new(call->reply, item);
		}
		integration_page_answer(call, &list.place, list.integrations, list.links,
			list.len);
	}
	list_clear(&list);
	return result;
}

/* ---- One issue and one integration ---- */

struct target {
	const struct api_call *call;
	struct install install;
	int64_t issue_id;
	json_t *issue;             /* as callbacks get it */
	json_t *defaults;
	char reference[TRACKER_REFERENCE_SIZE];
};

static void target_clear(struct target *target)
{
	install_clear(&target->install);
	json_decref(target->issue);
	json_decref(target->defaults);
	target->issue = target->defaults = NULL;
}
#define cleanup_target __attribute__((__cleanup__(target_clear)))

static int target_in(struct tx *tx, void *arg, struct err *err)
{
	struct target *target = arg;
	const struct api_call *call = target->call;
	const struct install *install = &target->install;
	cleanup_issue struct issue issue = {0};
	struct defaults_of of = {.provider = install->provider, .link = &install->link,
		.account_id = call->principal.user_id};

	json_decref(target->issue);
	json_decref(target->defaults);
	target->issue = target->defaults = NULL;
	if (issue_by_text(tx, call->principal.organization_id, http_param(call->request, "issue"),
		    &issue, err) < 0)
		return err->code;
	target->issue_id = issue.id;
	of.project_id = issue.project_id;
	if (ticket_issue_json(tx, call->daemon, install->provider, &issue, &target->issue, err) < 0 ||
		defaults_read(tx, &of, &target->defaults, err) < 0)
		return err->code;
	return tracker_reference(tx, issue.id, install->link.id, target->reference, err);
}

static int target_read(struct api_call *call, struct target *target, struct err *err)
{
	target->call = call;
	if (install_read(call, "integration", &target->install, err) < 0 ||
		issue_form_allowed(&target->install, err) < 0)
		return err->code;
	return store_read(call->daemon->store, target_in, target, err);
}

/* ---- Forms ---- */

static int form(struct api_call *call, struct err *err)
{
	const char *action = api_query(call, "action", NULL);
	cleanup_target struct target target = {0};
	json_t *fields;
	int result = target_read(call, &target, err);

	if (result < 0)
		return result;
	if (!action || (strcmp(action, "link") != 0 && strcmp(action, "create") != 0))
		return err_set(err, MORTISE_E_SETTINGS, "Action is required and should be either "
			"link or create");
	if (issue_form(call, &target.install, action, target.issue, target.defaults, &fields, err) < 0)
		return install_refused(call, "detail", err);
	call->reply = integration_base(call->daemon, &target.install.integration);
	json_object_set_new(call->reply, strcmp(action, "link") == 0 ? "linkIssueConfig"
		: "createIssueConfig", fields);
	return 0;
}

/* ---- Linking and creating ---- */

static json_t *linked_json(const struct external_issue *linked)
{
	return json_pack("{s:I, s:s, s:s?, s:I, s:s}", "id", (json_int_t)linked->id, "key",
		linked->key, "url", linked->url, "integrationId",
		(json_int_t)linked->integration_id, "displayName", external_issue_name(linked));
}

/* What the tracker gave becomes rows. */
static int store_link(struct api_call *call, const struct target *target,
	struct tracker_link *link, struct err *err)
{
	const struct call_scope scope = install_scope(&target->install, call);
	const struct issue_actor actor = issue_actor_of(call);
	const char *key = json_string_value(json_object_get(link->answer, "key"));
	const char *url = json_string_value(json_object_get(link->answer, "url"));
	cleanup_free char *made_url = url ? NULL : tracker_key_url(call->daemon, scope.provider,
		target->install.integration.metadata, key);
	int result;

	link->scope = &scope;
	link->actor = &actor;
	link->issue_id = target->issue_id;
	link->url = url ? url : made_url;
	link->fields = call->body;
	result = store_write(call->daemon->store, tracker_link_write, link, err);
	if (result == 0) {
		jobs_wake(call->daemon->jobs);
		log_info("issue.linked", LOG_INT("issue", link->issue_id),
			LOG_INT("external_issue", link->linked.id),
			LOG_INT("integration", scope.integration_id), LOG_TEXT("how", link->made ? "made" : "found"),
			LOG_TEXT("origin", actor.origin));
		call->status = 201;
		call->reply = linked_json(&link->linked);
	}
	external_issue_clear(&link->linked);
	return result;
}

static int ask(struct api_call *call, const struct target *target, enum tracker_callback callback,
	json_t *input, json_t **ret_answer, json_t **ret_effects, struct err *err)
{
	const struct call_scope scope = install_scope(&target->install, call);

	return tracker_call(call->daemon, &scope, NULL, callback, input, ret_answer, ret_effects,
		err);
}

/* Clients send the value of a choice, which may be a number. */
static int check_external_issue(struct api_call *call, struct err *err)
{
	json_t *given = json_object_get(call->body, "externalIssue");
	cleanup_free char *fields = NULL;

	if (json_is_integer(given))
		json_object_set_new(call->body, "externalIssue", json_sprintf("%" JSON_INTEGER_FORMAT,
			json_integer_value(given)));
	given = json_object_get(call->body, "externalIssue");
	if (json_string_length(given) == 0)
		return err_field(err, "externalIssue", "Issue ID is required");
	if (json_string_length(given) > EXTERNAL_ISSUE_MAX)
		return err_field(err, "externalIssue", "It has more than %d bytes.",
			EXTERNAL_ISSUE_MAX);
	fields = json_dumps(call->body, JSON_COMPACT);
	if (strlen(fields) > TRACKER_FIELDS_MAX)
		return err_field(err, "nonFieldErrors", "The form has more than %d bytes.",
			TRACKER_FIELDS_MAX);
	return 0;
}

static int link_issue(struct api_call *call, struct err *err)
{
	cleanup_target struct target target = {0};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *answer = NULL;
	cleanup_json json_t *effects = NULL;
	struct tracker_link link = {0};
	unsigned char random[16];
	char comment[2 * sizeof(random) + 1];
	int result = target_read(call, &target, err);

	if (result == 0)
		result = check_external_issue(call, err);
	if (result < 0)
		return result;
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(comment, sizeof(comment), random, sizeof(random));
	if (tracker_has(target.install.provider, TRACKER_LINKED))
		link.comment_reference = comment;
	input = json_pack("{s:O, s:O}", "fields", call->body, "issue", target.issue);
	result = ask(call, &target, TRACKER_GET, input, &answer, &effects, err);
	link.answer = answer;
	link.effects = effects;
	if (result == 0)
		result = store_link(call, &target, &link, err);
	return result < 0 ? install_refused(call, "non_field_errors", err) : 0;
}

static int check_ticket(const struct api_call *call, struct err *err)
{
	const json_t *title = json_object_get(call->body, "title");
	const json_t *description = json_object_get(call->body, "description");

	if (!json_is_string(title) || json_string_length(title) == 0)
		err_field(err, "title", "This field is required.");
	else if (json_string_length(title) > TITLE_MAX)
		err_field(err, "title", "It has more than %d bytes.", TITLE_MAX);
	if (description && !json_is_null(description) && !json_is_string(description))
		err_field(err, "description", "Not a valid string.");
	return err->code;
}

static int create_issue(struct api_call *call, struct err *err)
{
	cleanup_target struct target target = {0};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *answer = NULL;
	cleanup_json json_t *effects = NULL;
	struct tracker_link link = {.made = true};
	int result = target_read(call, &target, err);

	if (result == 0)
		result = check_ticket(call, err);
	if (result < 0)
		return result;
	input = json_pack("{s:O, s:O, s:s}", "fields", call->body, "issue", target.issue,
		"reference", target.reference);
	if (ask(call, &target, TRACKER_CREATE, input, &answer, &effects, err) < 0)
		return install_refused(call, "non_field_errors", err);
	link.answer = answer;
	link.effects = effects;
	result = store_link(call, &target, &link, err);
	return result < 0 ? install_refused(call, "detail", err) : 0;
}

/* ---- Unlinking ---- */

struct unlink {
	const struct api_call *call;
	int64_t integration_id, external_issue_id, issue_id;
	int64_t now_us;
};

/* Nothing else says afterwards that it was linked. */
static int audit(struct tx *tx, const struct unlink *unlink, const char *key, struct err *err)
{
	const struct principal *principal = &unlink->call->principal;
	cleanup_json json_t *data = json_pack("{s:I, s:s}", "integration",
		(json_int_t)unlink->integration_id, "key", key);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = principal->organization_id,
		.origin = principal->origin,
		.event = "issue.unlink",
		.kind = "issue",
		.id = unlink->issue_id,
		.data = data,
		.now_us = unlink->now_us,
	}, err);
}

static int unlink_in(struct tx *tx, void *arg, struct err *err)
{
	struct unlink *unlink = arg;
	const struct api_call *call = unlink->call;
	int64_t organization_id = call->principal.organization_id;
	cleanup_issue struct issue issue = {0};
	cleanup_external_issue struct external_issue linked = {0};

	if (issue_by_text(tx, organization_id, http_param(call->request, "issue"), &issue, err) < 0 ||
		external_issue_get(tx, organization_id, unlink->external_issue_id, &linked, err) < 0 ||
		tracker_unlink(tx, organization_id, unlink->integration_id, issue.id, linked.id,
			err) < 0)
		return err->code;
	unlink->issue_id = issue.id;
	return audit(tx, unlink, linked.key, err);
}

/* Needs nothing of the tracker, so it may be away, disabled, or not loaded. */
static int unlink_issue(struct api_call *call, struct err *err)
{
	const char *text = api_query(call, "externalIssue", NULL);
	cleanup_install struct install install = {0};
	struct unlink unlink = {.call = call, .now_us = clock_now_us()};

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (!text)
		return err_set(err, MORTISE_E_SETTINGS, "External ID required");
	unlink.integration_id = install.integration.id;
	/* The row's id and nothing else: a tracker's key is no number, or another one. */
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
		return err_set(err, MORTISE_E_NOT_FOUND, "this issue is not linked to it");
	unlink.external_issue_id = strtoll(text, NULL, 10);
	if (store_write(call->daemon->store, unlink_in, &unlink, err) < 0)
		return err->code;
	log_info("issue.unlinked", LOG_INT("issue", unlink.issue_id),
		LOG_INT("external_issue", unlink.external_issue_id),
		LOG_INT("integration", unlink.integration_id),
		LOG_TEXT("origin", call->principal.origin));
	return 0;
}

/* ---- Links of apps ---- */

static int issue_exists_in(struct tx *tx, void *arg, struct err *err)
{
	const struct api_call *call = arg;
	cleanup_issue struct issue issue = {0};

	return issue_by_text(tx, call->principal.organization_id, http_param(call->request, "issue"),
		&issue, err);
}

/* Those of Sentry's app platform, another model than external issues; there are no apps
 * here that could make one. */
static int app_links(struct api_call *call, struct err *err)
{
	if (store_read(call->daemon->store, issue_exists_in, call, err) < 0)
		return err->code;
	call->reply = json_array();
	return 0;
}

#define ROUTES(prefix_)                                                                         \
	{"GET", prefix_ "{issue}/integrations/", SCOPES_G_GET, 0, integrations},                \
	{"GET", prefix_ "{issue}/integrations/{integration}/", SCOPES_G_GET, 0, form},          \
	{"PUT", prefix_ "{issue}/integrations/{integration}/", SCOPES_G_POST, API_BODY,         \
		link_issue},                                                                    \
	{"POST", prefix_ "{issue}/integrations/{integration}/", SCOPES_G_POST, API_BODY,        \
		create_issue},                                                                  \
	{"DELETE", prefix_ "{issue}/integrations/{integration}/", SCOPES_G_DELETE, 0,           \
		unlink_issue},                                                                  \
	{"GET", prefix_ "{issue}/external-issues/", SCOPES_G_GET, 0, app_links}

const struct api_route api_issue_integration_routes[] = {
	ROUTES("/api/0/organizations/{org}/issues/"),
	ROUTES("/api/0/organizations/{org}/groups/"),
	ROUTES("/api/0/issues/"),
	ROUTES("/api/0/groups/"),
	{0},
};
