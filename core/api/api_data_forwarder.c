/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Data forwarders: where an organization sends what its projects report.  Here they are
 * only kept; nothing is sent.
 *
 * Both contracts are served.  At …/data-forwarders/ a name is needed, and enough: such a
 * forwarder has no provider, is disabled and waits for a PUT that completes it.  At
 * …/forwarding/, Sentry's address, the name is that of the provider unless one is sent.
 *
 * PUT is one of four things: a whole forwarder, with its provider; which projects are
 * enrolled; one project's own values; or, with none of these, a new name or one of the two
 * switches.  All but the second and third take org:write.  Whoever lacks that may do those
 * for projects that they may change, and what they send of the forwarder itself is not
 * looked at.  Where Sentry would take the lesser of two meanings of a body that is wrong,
 * the fault is told instead.  A project's own values are held to the provider's rules.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/api/cursor.h"
#include "core/api/data_forwarder_body.h"
#include "core/api/data_forwarder_json.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/forward/rules.h"
#include "core/forward/sealed.h"
#include "core/http/http.h"
#include "core/storage/audit.h"
#include "core/storage/data_forwarder.h"
#include "core/storage/project.h"
#include "core/storage/store.h"

#define NAMED_IDS_MAX 20       /* ids that an error names */

/* ---- List ---- */

struct list {
	const struct api_call *call;
	struct api_page page;
	json_t *items;
	bool more;
};

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct data_forwarder *rows;
	size_t len;
	int result = data_forwarder_list(tx, list->call->principal.organization_id,
		list->page.offset, list->page.size + 1, &rows, &len, err);

	if (result < 0)
		return result;
	json_decref(list->items);
	list->items = json_array();
	list->more = (int64_t)len > list->page.size;
	for (size_t i = 0; i < len - list->more && result == 0; i++) {
		json_t *item;

		result = data_forwarder_json(tx, list->call, &rows[i], &item, err);
		if (result == 0)
			json_array_append_new(list->items, item);
	}
	data_forwarder_list_free(rows, len);
	return result;
}

static int forwarders(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};
	int result = api_page_read(call, &list.page, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &list, err);
	if (result == 0) {
		api_page_answer(call, &list.page, list.more);
		call->reply = steal(&list.items);
	}
	json_decref(list.items);
	return result;
}

/* ---- Changes ---- */

struct change {
	struct api_call *call;
	int64_t id;                /* PUT, DELETE */
	struct data_forwarder_body body;
	json_t *regions;           /* a set; NULL: nothing that is sent needs it */
	int64_t now_us;
	/* Set anew at each run: */
	struct data_forwarder forwarder;
	json_t *reply;
};

static void change_clear(struct change *change)
{
	data_forwarder_body_clear(&change->body);
	data_forwarder_clear(&change->forwarder);
	json_decref(change->regions);
	json_decref(change->reply);
}

static int audit(struct tx *tx, const struct change *change, const char *event, struct err *err)
{
	const struct data_forwarder *forwarder = &change->forwarder;
	cleanup_json json_t *data = json_pack("{s:s?, s:s}", "provider", forwarder->provider, "name",
		forwarder->name);

	if (change->body.project_id)
		json_object_set_new(data, "project", json_integer(change->body.project_id));
	return audit_insert(tx, &(struct audit_new){
		.organization_id = forwarder->organization_id,
		.origin = change->call->principal.origin,
		.event = event,
		.kind = "data_forwarder",
		.id = forwarder->id,
		.data = data,
		.now_us = change->now_us,
	}, err);
}

/* Take over provider and configuration of the body. */
static void set_config(const struct change *change, struct data_forwarder *forwarder)
{
	free(forwarder->provider);
	forwarder->provider = xstrdup(change->body.provider->key);
	forward_values_seal(change->call->daemon->vault, FORWARD_CONFIG_COLUMN,
		change->body.provider, change->body.config, &forwarder->config);
	forwarder->enabled = change->body.enabled;
	forwarder->enroll_new_projects = change->body.enroll_new_projects;
}

static int taken(const struct change *change, struct err *err)
{
	return err_field(err, "non_field_errors",
		"This organization forwards to %s already: change that forwarder instead.",
		change->body.provider->name);
}

/* Every project of the list must be one of the organization. */
static int check_projects(struct tx *tx, const struct change *change, struct err *err)
{
	cleanup_buf struct buf bad = BUF(1024);
	size_t bad_len = 0;

	for (size_t i = 0; i < change->body.project_len; i++) {
		cleanup_free char *id = xasprintf("%" PRId64, change->body.project_ids[i]);
		cleanup_project struct project project = {0};
		cleanup_err struct err missing = {0};
		int result = project_find(tx, change->call->principal.organization_id, id, &project,
			&missing);

		if (result < 0 && result != MORTISE_E_NOT_FOUND)
			return err_move(err, &missing);
		if (result < 0 && bad_len++ < NAMED_IDS_MAX)
			buf_printf(&bad, "%s%s", bad.size > 0 ? ", " : "", id);
	}
	return bad_len == 0 ? 0 : err_field(err, "project_ids",
		"These are no projects of the organization: %s%s", buf_text(&bad),
		bad_len > NAMED_IDS_MAX ? ", …" : ".");
}

static int enable_projects(struct tx *tx, const struct change *change, struct err *err)
{
	for (size_t i = 0; i < change->body.project_len; i++)
		if (data_forwarder_project_enable(tx, change->forwarder.id,
			    change->body.project_ids[i], change->now_us, err) < 0)
			return err->code;
	return 0;
}

/* What is answered: the row as it is now. */
static int show(struct tx *tx, struct change *change, struct err *err)
{
	int64_t id = change->forwarder.id;

	data_forwarder_clear(&change->forwarder);
	json_decref(change->reply);
	change->reply = NULL;
	if (data_forwarder_get(tx, change->call->principal.organization_id, id,
		    &change->forwarder, err) < 0)
		return err->code;
	return data_forwarder_json(tx, change->call, &change->forwarder, &change->reply, err);
}

/* ---- Create ---- */

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	struct data_forwarder *forwarder = &change->forwarder;
	cleanup_err struct err clash = {0};
	int64_t len;
	int result;

	data_forwarder_clear(forwarder);
	forwarder->organization_id = change->call->principal.organization_id;
	if (data_forwarder_count(tx, forwarder->organization_id, &len, err) < 0)
		return err->code;
	if (len >= DATA_FORWARDERS_MAX)
		return err_field(err, "non_field_errors", "An organization has at most %d data "
			"forwarders: delete one first.", DATA_FORWARDERS_MAX);
	if (check_projects(tx, change, err) < 0)
		return err->code;
	randombytes_buf(forwarder->config.uid, sizeof(forwarder->config.uid));
	if (change->body.provider)
		set_config(change, forwarder);
	forwarder->name = xstrdup(change->body.name ? change->body.name
						    : change->body.provider->name);
	result = data_forwarder_insert(tx, forwarder, change->now_us, &forwarder->id, &clash);
	if (result == MORTISE_E_CONFLICT)
		return taken(change, err);
	if (result < 0)
		return err_move(err, &clash);
	if (enable_projects(tx, change, err) < 0 ||
		audit(tx, change, "data-forwarder.add", err) < 0)
		return err->code;
	return show(tx, change, err);
}

/* The list of regions, where something is sent that needs it. */
static int read_regions(struct change *change, struct err *err)
{
	const struct data_forwarder_body *body = &change->body;

	if (!json_object_get(body->config, "region") && !json_object_get(body->overrides, "region"))
		return 0;
	return forward_regions_read(change->call->daemon->settings->regions_file, &change->regions,
		err);
}

/* A forwarder that is sent whole. */
static int check_whole(struct change *change, struct err *err)
{
	struct data_forwarder_body *body = &change->body;

	if (!body->has_provider)
		return err_field(err, "provider", "This field is required.");
	if (!body->config)
		body->config = json_object();
	return forward_config_check(body->provider, body->config, change->regions, err);
}

/* Anything beside a name is about a provider. */
static bool is_name_only(const struct data_forwarder_body *body)
{
	return body->name && !body->has_provider && !body->has_config && body->project_len == 0 &&
		!(body->has_enabled && body->enabled) && !body->enroll_new_projects;
}

static int create(struct api_call *call, bool name_needed, struct err *err)
{
	struct change change = {.call = call, .now_us = clock_now_us()};
	int result = data_forwarder_body_read(call->body, true, &change.body, err);

	if (name_needed && !change.body.name && !json_object_get(err->fields, "name"))
		result = err_field(err, "name", "This field is required.");
	if (result == 0)
		result = read_regions(&change, err);
	if (result == 0 && !is_name_only(&change.body))
		result = check_whole(&change, err);
	if (result == 0)
		result = store_write(call->daemon->store, create_in, &change, err);
	if (result == 0) {
		call->status = 201;
		call->reply = steal(&change.reply);
	}
	change_clear(&change);
	return result;
}

static int create_named(struct api_call *call, struct err *err)
{
	return create(call, true, err);
}

static int create_provided(struct api_call *call, struct err *err)
{
	return create(call, false, err);
}

/* ---- Update ---- */

/* 403, and the member that names a project which the caller may not change. */
static int deny(const char *member, struct err *err)
{
	err_field(err, member, "You may not change every project that this is about.");
	err->refused = true;
	return err->code;
}

static int need_provider(const struct data_forwarder *forwarder, struct err *err)
{
	if (forwarder->provider && forward_provider_find(forwarder->provider))
		return 0;
	return err_field(err, "provider",
		"This forwarder has none yet: send one with its config first.");
}

/* Without org:write each project must be one that the caller may change. */
static int check_caller(struct tx *tx, const struct change *change,
	const struct data_forwarder_project *rows, size_t len, struct err *err)
{
	int may = 1;

	if (change->call->principal.scopes & SCOPES_O_POST)
		return 0;
	for (size_t i = 0; may == 1 && i < change->body.project_len; i++)
		may = data_forwarder_may_write(tx, change->call, change->body.project_ids[i], err);
	for (size_t i = 0; may == 1 && i < len; i++)
		if (rows[i].enabled && !data_forwarder_body_lists(&change->body, rows[i].project_id))
			may = data_forwarder_may_write(tx, change->call, rows[i].project_id, err);
	return may == 0 ? deny("project_ids", err) : may < 0 ? may : 0;
}

/* Enrol exactly the projects of the list.  'drop' is done with the others. */
static int enrol(struct tx *tx, const struct change *change,
	int (*drop)(struct tx *tx, int64_t data_forwarder_id, int64_t project_id, int64_t now_us,
		struct err *err), struct err *err)
{
	struct data_forwarder_project *rows;
	size_t len;
	int result;

	if (check_projects(tx, change, err) < 0 ||
		data_forwarder_project_list(tx, change->forwarder.id, &rows, &len, err) < 0)
		return err->code;
	result = check_caller(tx, change, rows, len, err);
	for (size_t i = 0; result == 0 && i < len; i++)
		if (!data_forwarder_body_lists(&change->body, rows[i].project_id))
			result = drop(tx, change->forwarder.id, rows[i].project_id, change->now_us,
				err);
	data_forwarder_project_list_free(rows, len);
	return result == 0 ? enable_projects(tx, change, err) : result;
}

static int unenrol(struct tx *tx, int64_t data_forwarder_id, int64_t project_id, int64_t now_us,
	struct err *err)
{
	(void)now_us;
	return data_forwarder_project_delete(tx, data_forwarder_id, project_id, err);
}

static int find_project(struct tx *tx, const struct change *change, struct err *err)
{
	cleanup_free char *id = xasprintf("%" PRId64, change->body.project_id);
	cleanup_project struct project project = {0};
	cleanup_err struct err missing = {0};
	int result = project_find(tx, change->call->principal.organization_id, id, &project,
		&missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, "project_id", "This is no project of the organization.");
	if (result < 0)
		return err_move(err, &missing);
	result = data_forwarder_may_write(tx, change->call, project.id, err);
	return result == 0 ? deny("project_id", err) : result < 0 ? result : 0;
}

static int check_overrides(const struct change *change, struct err *err)
{
	const struct data_forwarder *forwarder = &change->forwarder;
	cleanup_json json_t *config = NULL;

	if (forward_values_open(change->call->daemon->vault, FORWARD_CONFIG_COLUMN,
		    &forwarder->config, &config, err) < 0)
		return err->code;
	return forward_overrides_check(forward_provider_find(forwarder->provider), config,
		change->body.overrides, change->regions, err);
}

/* One project's own values, and whether it is enabled. */
static int override(struct tx *tx, const struct change *change, struct err *err)
{
	const struct data_forwarder *forwarder = &change->forwarder;
	cleanup_data_forwarder_project struct data_forwarder_project row = {0};
	int result;

	if (find_project(tx, change, err) < 0 || need_provider(forwarder, err) < 0 ||
		check_overrides(change, err) < 0)
		return err->code;
	result = data_forwarder_project_find(tx, forwarder->id, change->body.project_id, &row, err);
	if (result == 0) {
		if (data_forwarder_project_enable(tx, forwarder->id, change->body.project_id,
			    change->now_us, err) < 0)
			return err->code;
		result = data_forwarder_project_find(tx, forwarder->id, change->body.project_id,
			&row, err);
	}
	if (result < 0)
		return result;
	if (change->body.has_enabled)
		row.enabled = change->body.enabled;
	forward_values_seal(change->call->daemon->vault, FORWARD_OVERRIDES_COLUMN,
		forward_provider_find(forwarder->provider), change->body.overrides, &row.overrides);
	return data_forwarder_project_update(tx, &row, change->now_us, err);
}

/* Of the forwarder itself, piece by piece. */
static int set_own(struct tx *tx, struct change *change, struct err *err)
{
	const struct data_forwarder_body *body = &change->body;
	struct data_forwarder *forwarder = &change->forwarder;
	cleanup_err struct err clash = {0};
	int result;

	if (body->name) {
		free(forwarder->name);
		forwarder->name = xstrdup(body->name);
	}
	if (body->provider)
		set_config(change, forwarder);
	if (body->has_enabled && !body->project_id)
		forwarder->enabled = body->enabled;
	if (body->has_enroll)
		forwarder->enroll_new_projects = body->enroll_new_projects;
	if ((forwarder->enabled || forwarder->enroll_new_projects) &&
		need_provider(forwarder, err) < 0)
		return err->code;
	result = data_forwarder_update(tx, forwarder, change->now_us, &clash);
	return result == MORTISE_E_CONFLICT ? taken(change, err)
					    : result < 0 ? err_move(err, &clash) : 0;
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	const struct data_forwarder_body *body = &change->body;
	int result;

	data_forwarder_clear(&change->forwarder);
	if (data_forwarder_get(tx, change->call->principal.organization_id, change->id,
		    &change->forwarder, err) < 0)
		return err->code;
	result = set_own(tx, change, err);
	if (result == 0 && body->project_id)
		result = override(tx, change, err);
	else if (result == 0 && body->provider)
		result = enrol(tx, change, unenrol, err);
	else if (result == 0 && body->has_projects)
		result = enrol(tx, change, data_forwarder_project_disable, err);
	if (result < 0 || audit(tx, change, "data-forwarder.edit", err) < 0)
		return err->code;
	return show(tx, change, err);
}

/* Which of the four is it, and is it whole? */
static int check_update(struct change *change, bool own, struct err *err)
{
	const struct data_forwarder_body *body = &change->body;

	if (body->has_provider || body->has_config)
		return check_whole(change, err);
	if (body->has_projects || body->project_id)
		return 0;
	if (!own)
		return err_refuse(err, "You do not have permission to perform this action.");
	if (!body->name && !body->has_enabled && !body->has_enroll)
		return err_field(err, "non_field_errors", "Send provider and config, project_ids, "
			"or project_id with overrides.");
	return 0;
}

static int update(struct api_call *call, struct err *err)
{
	bool own = (call->principal.scopes & SCOPES_O_POST) != 0;
	struct change change = {.call = call, .now_us = clock_now_us()};
	int result = api_id(call, "id", &change.id, err);

	if (result == 0)
		result = data_forwarder_body_read(call->body, own, &change.body, err);
	if (result == 0)
		result = read_regions(&change, err);
	if (result == 0)
		result = check_update(&change, own, err);
	if (result == 0)
		result = store_write(call->daemon->store, update_in, &change, err);
	if (result == 0)
		call->reply = steal(&change.reply);
	change_clear(&change);
	return result;
}

/* ---- Delete ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	int64_t organization = change->call->principal.organization_id;

	data_forwarder_clear(&change->forwarder);
	if (data_forwarder_get(tx, organization, change->id, &change->forwarder, err) < 0 ||
		data_forwarder_delete(tx, organization, change->id, err) < 0)
		return err->code;
	return audit(tx, change, "data-forwarder.remove", err);
}

static int delete(struct api_call *call, struct err *err)
{
	struct change change = {.call = call, .now_us = clock_now_us()};
	int result = api_id(call, "id", &change.id, err);

	if (result == 0)
		result = store_write(call->daemon->store, delete_in, &change, err);
	change_clear(&change);
	return result;
}

#define NAMED "/api/0/organizations/{org}/data-forwarders/"
#define PROVIDED "/api/0/organizations/{org}/forwarding/"
/* Who lacks org:write may still change the values of some projects. */
#define SCOPES_UPDATE (SCOPES_O_GET | SCOPES_P_POST)

const struct api_route api_data_forwarder_routes[] = {
	{"GET", NAMED, SCOPES_O_GET, API_NO_STORE, forwarders},
	{"GET", PROVIDED, SCOPES_O_GET, API_NO_STORE, forwarders},
	{"POST", NAMED, SCOPES_O_POST, API_BODY | API_NO_STORE, create_named},
	{"POST", PROVIDED, SCOPES_O_POST, API_BODY | API_NO_STORE, create_provided},
	{"PUT", NAMED "{id}/", SCOPES_UPDATE, API_BODY | API_NO_STORE, update},
	{"PUT", PROVIDED "{id}/", SCOPES_UPDATE, API_BODY | API_NO_STORE, update},
	{"DELETE", NAMED "{id}/", SCOPES_O_POST, API_NO_STORE, delete},
	{"DELETE", PROVIDED "{id}/", SCOPES_O_POST, API_NO_STORE, delete},
	{0},
};
