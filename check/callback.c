/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/callback.h"

#include <string.h>

#include <mortise/plugin.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/call_scope.h"
#include "core/page/blocks.h"
#include "core/provider/registration.h"
#include "core/tracker/answer.h"

/* ---- Outputs ---- */

enum output_type {
	OUTPUT_TEXT,
	OUTPUT_ID,             /* a text or an integer, not empty */
	OUTPUT_OBJECT,
	OUTPUT_BOOLEAN,
	OUTPUT_OWNERSHIP,
	OUTPUT_OPTIONS,        /* a list of {"value", "label"} */
	OUTPUT_ROWS,           /* a list of {"label", "value"} */
	OUTPUT_REPOSITORIES,   /* a list of {"identifier", "name"} */
};

#define MEMBERS_MAX 8

/* The members that the daemon reads; it leaves others alone. */
struct output_form {
	struct {
		const char *name;
		enum output_type type;
		bool required;
	} members[MEMBERS_MAX];
};

static const struct output_form nothing_form = {0};
static const struct output_form build_form = {{
	{"external_id", OUTPUT_ID, true}, {"name", OUTPUT_ID, false},
	{"metadata", OUTPUT_OBJECT, false}, {"ownership", OUTPUT_OWNERSHIP, true},
	{"secrets", OUTPUT_OBJECT, false}, {"identity", OUTPUT_OBJECT, false}}};
static const struct output_form check_form = {{
	{"state", OUTPUT_OBJECT, false}, {"stay", OUTPUT_BOOLEAN, false}}};
static const struct output_form options_form = {{{"options", OUTPUT_OPTIONS, true}}};
static const struct output_form rows_form = {{
	{"rows", OUTPUT_ROWS, true}, {"data", OUTPUT_OBJECT, false}}};
static const struct output_form outcome_form = {{{"outcome", OUTPUT_TEXT, false}}};
static const struct output_form list_form = {{
	{"repositories", OUTPUT_REPOSITORIES, true}, {"searchable", OUTPUT_BOOLEAN, false}}};
static const struct output_form get_form = {{
	{"external_id", OUTPUT_TEXT, true}, {"name", OUTPUT_TEXT, true},
	{"url", OUTPUT_TEXT, false}, {"branch", OUTPUT_TEXT, false},
	{"config", OUTPUT_OBJECT, false}}};

static const struct output_form file_form = {{
	{"found", OUTPUT_BOOLEAN, true}, {"url", OUTPUT_TEXT, true},
	{"content", OUTPUT_TEXT, false}}};

static bool is_list_of(const json_t *value, const char *one, const char *other)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
		if (!json_is_string(json_object_get(item, one)) ||
			!json_is_string(json_object_get(item, other)))
			return false;
	return true;
}

static const char *output_fault(enum output_type type, const json_t *value)
{
	const char *text = json_string_value(value);

	switch (type) {
	case OUTPUT_TEXT:
		return text ? NULL : "must be a text";
	case OUTPUT_ID:
		return (text && *text) || json_is_integer(value) ? NULL : "must be a text, not empty";
	case OUTPUT_OBJECT:
		return json_is_object(value) ? NULL : "must be an object";
	case OUTPUT_BOOLEAN:
		return json_is_boolean(value) ? NULL : "must be true or false";
	case OUTPUT_OWNERSHIP:
		return text && (strcmp(text, "proved") == 0 || strcmp(text, "claimed") == 0) ? NULL :
			"must be \"proved\" or \"claimed\"";
	case OUTPUT_OPTIONS:
		return is_list_of(value, "value", "label") ? NULL :
			"must be a list of objects with the texts \"value\" and \"label\"";
	case OUTPUT_ROWS:
		return is_list_of(value, "label", "value") ? NULL :
			"must be a list of objects with the texts \"label\" and \"value\"";
	case OUTPUT_REPOSITORIES:
		return is_list_of(value, "identifier", "name") ? NULL :
			"must be a list of objects with the texts \"identifier\" and \"name\"";
	}
	return NULL;
}

int callback_check_output(const struct callback *callback, const json_t *output, struct err *err)
{
	if (callback->is_tracker)
		return answer_check(callback->tracker, output, err);
	if (callback->is_page)
		return blocks_check(output, err);
	for (size_t i = 0; i < MEMBERS_MAX && callback->form->members[i].name; i++) {
		const char *name = callback->form->members[i].name;
		const json_t *value = json_object_get(output, name);
		const char *fault;

		if (!callback->form->members[i].required && (!value || json_is_null(value)))
			continue;
		fault = output_fault(callback->form->members[i].type, value);
		if (fault)
			return err_set(err, MORTISE_E_FIELD, "the output's \"%s\" %s", name, fault);
	}
	return 0;
}

/* ---- Which there are ---- */

/* Those of one provider, or the one of them that is wanted. */
struct listing {
	const char *wanted;            /* NULL: all names */
	struct callback found;
	json_t *names;
};

static void add(struct listing *listing, bool registered, struct callback callback)
{
	if (registered && !listing->wanted)
		json_array_append_new(listing->names, json_string(callback.name));
	if (registered && listing->wanted && !listing->found.name &&
		strcmp(listing->wanted, callback.name) == 0)
		listing->found = callback;
	else
		callback_clear(&callback);
}

static void add_steps(struct listing *listing, const struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->step_len; i++) {
		const struct reg_step *step = &provider->steps[i];
		bool chooses = step->step.kind == MORTISE_STEP_CHOICE;

		add(listing, step->step.show, (struct callback){.step = step,
			.name = xasprintf("step:%s:show", step->step.name),
			.scope = MORTISE_SCOPE_PIPELINE, .form = chooses ? &options_form : &rows_form});
		add(listing, step->step.check, (struct callback){.step = step,
			.name = xasprintf("step:%s:check", step->step.name),
			.scope = MORTISE_SCOPE_PIPELINE, .form = &check_form});
	}
}

static void add_work(struct listing *listing, const struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->webhook_len; i++) {
		const struct reg_webhook *webhook = &provider->webhooks[i];
		const struct mortise_webhook *w = &webhook->webhook;

		add(listing, true, (struct callback){.webhook = webhook,
			.name = xasprintf("webhook:%s", w->name ? w->name : w->path), .scope = w->scope,
			.is_job = w->mode == MORTISE_WEBHOOK_STORED, .form = &outcome_form});
	}
	for (size_t i = 0; i < provider->page_len; i++)
		add(listing, true, (struct callback){
			.name = xasprintf("page:%s", provider->pages[i].page.name),
			.scope = MORTISE_SCOPE_INTEGRATION, .form = &nothing_form, .is_page = true});
	for (size_t i = 0; i < provider->task_len; i++)
		add(listing, true, (struct callback){.task = &provider->tasks[i],
			.name = xasprintf("task:%s", provider->tasks[i].name),
			.scope = provider->tasks[i].scope, .is_job = true, .form = &outcome_form});
}

static void add_tracker(struct listing *listing, const struct reg_provider *provider)
{
	for (int i = 0; i < TRACKER_CALLBACK_LEN; i++)
		add(listing, tracker_has(provider, (enum tracker_callback)i), (struct callback){
			.name = xstrdup(tracker_callback_name((enum tracker_callback)i)),
			.scope = MORTISE_SCOPE_INSTALL, .form = &nothing_form, .is_tracker = true,
			.tracker = (enum tracker_callback)i});
}

static void list(struct listing *listing, const struct reg_provider *provider)
{
	const struct mortise_provider *p = &provider->provider;

	add_steps(listing, provider);
	add(listing, p->build, (struct callback){.name = xstrdup("build"),
		.scope = MORTISE_SCOPE_PIPELINE, .form = &build_form});
	add(listing, p->undo, (struct callback){.name = xstrdup("undo"),
		.scope = MORTISE_SCOPE_PIPELINE, .form = &nothing_form});
	add(listing, p->post_install, (struct callback){.name = xstrdup("post_install"),
		.scope = MORTISE_SCOPE_INSTALL, .is_job = true, .form = &nothing_form});
	add(listing, p->uninstall, (struct callback){.name = xstrdup("uninstall"),
		.scope = MORTISE_SCOPE_INSTALL, .form = &nothing_form});
	add_work(listing, provider);
	add(listing, provider->has_repository_provider, (struct callback){
		.name = xstrdup("repository:list"), .scope = MORTISE_SCOPE_INSTALL, .form = &list_form});
	add(listing, provider->has_repository_provider, (struct callback){
		.name = xstrdup("repository:get"), .scope = MORTISE_SCOPE_INSTALL, .form = &get_form});
	add(listing, provider->has_repository_provider && provider->repository_provider.file,
		(struct callback){.name = xstrdup("repository:file"),
			.scope = MORTISE_SCOPE_INSTALL, .form = &file_form});
	add_tracker(listing, provider);
}

void callback_clear(struct callback *callback)
{
	free(callback->name);
	*callback = (struct callback){0};
}

json_t *callback_names(const struct reg_provider *provider)
{
	struct listing listing = {.names = json_array()};

	list(&listing, provider);
	return listing.names;
}

int callback_find(const struct reg_provider *provider, const char *name,
	struct callback *ret_callback, struct err *err)
{
	struct listing listing = {.wanted = name};
	cleanup_json json_t *names = NULL;
	cleanup_buf struct buf text = BUF(0);
	json_t *other;
	size_t i;

	list(&listing, provider);
	if (listing.found.name) {
		*ret_callback = listing.found;
		return 0;
	}
	names = callback_names(provider);
	json_array_foreach(names, i, other)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(other));
	return err_set(err, MORTISE_E_NOT_FOUND, "provider \"%s\" registers no callback \"%s\"; it has: %s",
		provider->provider.key, name, buf_text(&text));
}

bool callback_has_scope(const struct callback *callback, int scope)
{
	if (scope == callback->scope)
		return true;
	/* A life-cycle event has no integration yet; a link's own key makes it the link's. */
	return callback->webhook && callback->scope != MORTISE_SCOPE_PROVIDER &&
		(scope == MORTISE_SCOPE_SUBJECT || scope == MORTISE_SCOPE_INSTALL);
}

/* ---- Inputs ---- */

#define ISSUE "\"issue\": {\"id\": \"1\", \"short_id\": \"SHOP-1\", \"title\": \"It broke\", " \
	"\"url\": \"https://mortise.test/1\", \"project\": \"shop\", \"description\": \"\"}"
#define NOTE "\"note\": {\"reference\": \"1\", \"author\": \"\", \"text\": \"\"}"

/* What trackers are asked with. */
static const char *const tracker_inputs[TRACKER_CALLBACK_LEN] = {
	[TRACKER_FORM] = "{\"action\": \"create\", \"params\": {}, \"defaults\": {}, " ISSUE "}",
	[TRACKER_CREATE] = "{\"fields\": {}, \"reference\": \"1\", " ISSUE "}",
	[TRACKER_GET] = "{\"fields\": {}, " ISSUE "}",
	[TRACKER_LINKED] = "{\"key\": \"\", \"fields\": {}, \"reference\": \"1\", " ISSUE "}",
	[TRACKER_SEARCH] = "{\"field\": \"\", \"query\": \"\", \"params\": {}}",
	[TRACKER_COMMENT_CREATE] = "{\"key\": \"\", " NOTE "}",
	[TRACKER_COMMENT_UPDATE] = "{\"key\": \"\", " NOTE "}",
	[TRACKER_STATUS_OUT] = "{\"key\": \"\", \"resolved\": true, \"metadata\": {}}",
	[TRACKER_ASSIGNEE_OUT] = "{\"key\": \"\", \"assign\": false, \"user\": null}",
	[TRACKER_STATUS_ACTION] = "{\"key\": \"\", \"change\": {}}",
	[TRACKER_CONFIG_FORM] = "{\"config\": {}, \"external_projects\": {}}",
	[TRACKER_CONFIG_SAVE] = "{\"config\": {}, \"old\": {}}",
};

static json_t *default_input(const struct callback *callback, int64_t now_ms)
{
	if (callback->is_tracker)
		return json_loads(tracker_inputs[callback->tracker], 0, NULL);
	if (callback->is_page)
		return json_pack("{s:{}, s:{}}", "path", "query");
	if (callback->webhook)
		return json_pack("{s:s, s:s, s:{}, s:n, s:I, s:b}", "webhook", callback->name + 8,
			"event", "", "headers", "delivery_id", "received_ms", (json_int_t)now_ms,
			"replay", 0);
	if (callback->task)
		return json_pack("{s:{}, s:n, s:i, s:I}", "payload", "cursor", "attempt", 1, "version",
			(json_int_t)callback->task->version);
	if (callback->form == &check_form)
		return json_pack("{s:{}, s:{}}", "answer", "state");
	if (callback->step || callback->form == &build_form)
		return json_pack("{s:{}}", "state");
	if (callback->form == &list_form)
		return json_pack("{s:n}", "query");
	if (callback->form == &file_form)
		return json_pack("{s:{s:s, s:s, s:n, s:{}}, s:s, s:n, s:b}", "repository",
			"external_id", "1", "name", "acme/shop", "url", "config", "path", "README",
			"ref", "content", 0);
	if (callback->form == &get_form)
		return json_pack("{s:s}", "identifier", "");
	if (strcmp(callback->name, "post_install") == 0)
		return json_pack("{s:n}", "post_install");
	if (strcmp(callback->name, "uninstall") == 0)
		return json_pack("{s:b}", "last", 1);
	if (strcmp(callback->name, "undo") == 0)
		return json_pack("{s:{}}", "made");
	return json_object();
}

static int check_event(const struct callback *callback, const json_t *input, struct err *err)
{
	const struct reg_webhook *webhook = callback->webhook;
	const char *name = json_string_value(json_object_get(input, "event"));

	if (!webhook || webhook->event_len == 0)
		return 0;
	for (size_t i = 0; i < webhook->event_len; i++)
		if (name && strcmp(webhook->events[i].name, name) == 0 &&
			webhook->events[i].flags & MORTISE_EVENT_HANDLE)
			return 0;
	return err_set(err, MORTISE_E_FIELD, "/input/event is \"%s\": no event of that name is registered "
		"with MORTISE_EVENT_HANDLE, so the daemon would not call", name ? name : "");
}

int callback_fill_input(const struct callback *callback, int64_t now_ms, json_t *input,
	struct err *err)
{
	cleanup_json json_t *defaults = default_input(callback, now_ms);
	const char *name;
	json_t *value;

	json_object_foreach(input, name, value)
		if (!json_object_get(defaults, name) && !(callback->webhook && strcmp(name, "body") == 0))
			return err_set(err, MORTISE_E_FIELD,
				"/input has \"%s\", which the daemon never gives to %s", name, callback->name);
	json_object_update_missing(input, defaults);
	return check_event(callback, input, err);
}
