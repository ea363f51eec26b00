/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Installed integrations of an organization. */
#include "config.h"
#include "core/api/routes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/api.h"
#include "core/api/config_form.h"
#include "core/api/cursor.h"
#include "core/api/install.h"
#include "core/api/integration_json.h"
#include "core/api/issue_form.h"
#include "core/api/link_deletion.h"
#include "core/api/text_memo.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

#define FORMS_MS 10000         /* of the settings of a whole list */
#define MAX_LIST ((size_t)32 << 20)

static bool wants_config(const struct api_call *call)
{
	const char *wanted = http_query(call->request, "includeConfig");

	return !wanted || strcmp(wanted, "0") != 0;
}

/* ---- List ---- */

struct list {
	const struct api_call *call;
	struct keyset place;
	char *provider;            /* lower case; NULL: all */
	struct link_name *links;
	size_t len;
	uint64_t commits;          /* before it was read */
	int64_t begun_ms;
};

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;

	link_list_free(list->links, list->len);
	list->links = NULL;
	list->len = 0;
	return link_list(tx, list->call->principal.organization_id, list->provider, &list->place,
		&list->links, &list->len, err);
}

/* After the page is cut, so a page may be short: as Sentry does it. */
static bool feature_wanted(const struct api_call *call, const char *provider_key)
{
	const struct reg_provider *provider;
	const char *name, *value;
	bool any = false, found = false;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		any = any || strcmp(name, "features") == 0;
	if (!any)
		return true;
	provider = providers_find(call->daemon->providers, provider_key);
	if (!provider)
		return false;
	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "features") == 0 && provider_has_feature(provider, value))
			found = true;
	registration_unref(provider->registration);
	return found;
}

/* With the form of its settings, unless that is asked for after 'until_ms': upstreams that
 * hang, one after the other, must not hold a worker for longer.  'ret_whole': is it all that
 * there is to say? */
static json_t *item(const struct api_call *call, const struct integration *integration,
	const struct link *link, int64_t until_ms, bool *ret_whole)
{
	json_t *item = integration_item(call->daemon, integration, link, wants_config(call));

	*ret_whole = !wants_config(call) || (clock_mono_ms() <= until_ms &&
		config_form_show(call, integration, link, item));
	return item;
}

/* The item of a link as text; NULL: it has gone since. */
static char *item_text(const struct list *list, int64_t integration_id, bool *ret_whole,
	struct err *err)
{
	cleanup_install struct install install = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *json = NULL;
	int result = install_read_id(list->call, integration_id, &install, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return NULL;
	if (result < 0) {
		err_move(err, &missing);
		return NULL;
	}
	json = item(list->call, &install.integration, &install.link,
		list->begun_ms + FORMS_MS, ret_whole);
	return json_dumps(json, JSON_COMPACT);
}

static int list_add(const struct list *list, const struct link_name *link, struct buf *reply,
	struct err *err)
{
	struct text_memo *memo = api_integration_texts(list->call->daemon->api);
	uint64_t key = (uint64_t)link->id * 2 + wants_config(list->call);
	cleanup_free char *text = NULL;
	bool whole = false;

	if (reply->size > 1)
		buf_add_char(reply, ',');
	if (text_memo_add(memo, key, list->commits, list->begun_ms, reply))
		return 0;
	text = item_text(list, link->integration_id, &whole, err);
	if (whole)
		text_memo_keep(memo, key, list->commits, list->begun_ms, text);
	if (text)
		buf_add_text(reply, text);
	else if (reply->data[reply->size - 1] == ',')
		reply->size--;
	return err->code;
}

static int list_show(const struct list *list, struct buf *reply, struct err *err)
{
	int result = 0;

	buf_add_char(reply, '[');
	for (size_t i = 0; i < api_keyset_shown(&list->place, list->len) && result == 0; i++) {
		const struct link_name *link =
			&list->links[api_keyset_row(&list->place, list->len, i)];

		if (feature_wanted(list->call, link->provider))
			result = list_add(list, link, reply, err);
	}
	buf_add_char(reply, ']');
	return result < 0 || !reply->failed ? result : err_set(err, MORTISE_E_LIMIT,
		"the page is too large; ask for fewer with per_page");
}

static void list_answer(const struct list *list)
{
	size_t shown = api_keyset_shown(&list->place, list->len);
	struct cursor_mark marks[2] = {0};

	for (size_t i = 0; shown > 0 && i < lengthof(marks); i++) {
		const struct link_name *link = &list->links[api_keyset_row(&list->place, list->len,
			i * (shown - 1))];

		marks[i] = (struct cursor_mark){.text = link->name, .id = link->id};
	}
	api_keyset_answer(list->call, &list->place, list->len, shown > 0 ? &marks[0] : NULL,
		shown > 0 ? &marks[1] : NULL);
}

static int integrations(struct api_call *call, struct err *err)
{
	const char *wanted = api_query(call, "providerKey", "provider_key");
	struct list list = {
		.call = call,
		.begun_ms = clock_mono_ms(),
		.commits = store_commits(call->daemon->store),
	};
	cleanup_buf struct buf reply = BUF(MAX_LIST);
	int result;

	if (api_keyset_read(call, KEYSET_TEXT, &list.place, err) < 0)
		return err->code;
	list.provider = xstrdup(wanted);
	for (char *c = list.provider; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	result = store_read(call->daemon->store, list_in, &list, err);
	if (result == 0)
		result = list_show(&list, &reply, err);
	if (result == 0) {
		list_answer(&list);
		call->text = buf_steal(&reply);
	}
	link_list_free(list.links, list.len);
	free(list.provider);
	return result;
}

/* ---- One ---- */

/* With ?action=create the form that creates an issue there, for no issue in particular. */
static int detail(struct api_call *call, struct err *err)
{
	const char *action = api_query(call, "action", NULL);
	cleanup_install struct install install = {0};
	json_t *fields;
	bool whole;

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (!action || strcmp(action, "create") != 0) {
		call->reply = item(call, &install.integration, &install.link, INT64_MAX, &whole);
		return 0;
	}
	if (issue_form_allowed(&install, err) < 0 ||
		issue_form(call, &install, action, NULL, NULL, &fields, err) < 0)
		return err->code;
	call->reply = item(call, &install.integration, &install.link, INT64_MAX, &whole);
	json_object_set_new(call->reply, "createIssueConfig", fields);
	return 0;
}

struct change {
	const struct api_call *call;
	const struct install *install;
	int64_t now_us;
	struct config_change config;
	json_t *effects;           /* of the uninstall callback */
	bool removed;
};

static int change_audit(struct tx *tx, const struct change *change, const char *event,
	struct err *err)
{
	const struct install *install = change->install;
	cleanup_json json_t *data = json_pack("{s:s, s:s}", "provider",
		install->integration.provider, "external_id", install->integration.external_id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = install->link.organization_id,
		.origin = change->call->principal.origin,
		.event = event,
		.kind = "integration",
		.id = install->integration.id,
		.data = data,
		.now_us = change->now_us,
	}, err);
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	const struct change *change = arg;

	if (config_form_store(tx, &change->config, change->now_us, err) < 0)
		return err->code;
	return change_audit(tx, change, "integration.edit", err);
}

static int update(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	struct change change = {.call = call, .install = &install};
	int result = install_read(call, "integration", &install, err);

	if (result < 0)
		return result;
	if (config_form_ask(call, &install, &change.config, err) < 0)
		return install_refused(call, "detail", err);
	change.now_us = clock_now_us();
	result = store_write(call->daemon->store, update_in, &change, err);
	config_change_clear(&change.config);
	if (result == 0) {
		jobs_wake(call->daemon->jobs);
		call->status = 200;
	}
	return result;
}

/* ---- Removing ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	struct call_scope scope = install_scope(change->install, change->call);
	struct effect_context context = {.scope = &scope, .now_us = change->now_us};
	int result = link_begin_deletion(tx, change->install->link.id, change->now_us, err);

	change->removed = result == 1;
	if (result != 1)
		return result;
	if (change->effects && effects_apply(tx, &context, change->effects, err) < 0)
		return err->code;
	if (change_audit(tx, change, "integration.remove", err) < 0)
		return err->code;
	return link_deletion_queue(tx, &change->install->link, change->call->principal.origin,
		change->now_us, err);
}

static int delete(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	cleanup_json json_t *effects = NULL;
	struct change change = {.call = call, .install = &install};

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (install.link.status != INTEGRATION_ACTIVE &&
		install.link.status != INTEGRATION_DISABLED)
		return 0;
	if (install_uninstall(call, &install, &effects, err) < 0)
		return err->code;
	change.effects = effects;
	change.now_us = clock_now_us();
	if (store_write(call->daemon->store, delete_in, &change, err) < 0)
		return err->code;
	if (change.removed) {
		webhooks_forget(call->daemon->webhooks, install.integration.id);
		jobs_wake(call->daemon->jobs);
		log_notice("integration.removed", LOG_INT("integration", install.integration.id),
			LOG_INT("organization", install.link.organization_id),
			LOG_TEXT("origin", call->principal.origin));
	}
	return 0;
}

const struct api_route api_integration_routes[] = {
	{"GET", "/api/0/organizations/{org}/integrations/", SCOPES_I_GET, 0, integrations},
	{"GET", "/api/0/organizations/{org}/integrations/{integration}/", SCOPES_I_GET,
		API_NO_STORE, detail},
	{"POST", "/api/0/organizations/{org}/integrations/{integration}/", SCOPES_I_POST,
		API_BODY | API_NO_STORE, update},
	{"DELETE", "/api/0/organizations/{org}/integrations/{integration}/", SCOPES_I_DELETE,
		API_NO_STORE, delete},
	{0},
};
