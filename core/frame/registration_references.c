/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the registrations of one provider say about each other.  Any thread. */
#include "config.h"
#include "core/frame/registration_references_private.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

const char *reg_text_in(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

int64_t reg_number_in(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static const json_t *find(const json_t *list, const char *member, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = reg_text_in(item, member);

		if (text && strcmp(text, name) == 0)
			return item;
	}
	return NULL;
}

int reg_check_unique(const json_t *list, const char *kind, const char *member, struct err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = reg_text_in(item, member);

		if (name && find(list, member, name) != item)
			return err_set(err, MORTISE_E_FIELD,
				"%s \"%s\" is registered twice: give each its own %s", kind, name, member);
	}
	return 0;
}

/* 'member' of 'item' names something that must stand in 'list'. */
static int check_named(const json_t *item, const char *kind, const char *label, const char *member,
	const json_t *list, const char *wanted, struct err *err)
{
	const char *name = reg_text_in(item, member);

	if (!name || !name[0] || find(list, "name", name))
		return 0;
	return err_set(err, MORTISE_E_FIELD,
		"%s \"%s\": %s names \"%s\", but no such %s is registered: register it or correct the name",
		kind, label, member, name, wanted);
}

/* Slots of what upstreams and installs go by. */
static const char *const slot_places[] = {"integration:", "install:", "state:", NULL};

/* "provider:, integration: or install:" (new string). */
static char *name_places(const char *const *places)
{
	char *text = xstrdup("provider:");

	for (; *places; places++) {
		char *more = xasprintf("%s%s%s", text, places[1] ? ", " : " or ", *places);

		free(text);
		text = more;
	}
	return text;
}

int reg_check_slot(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, const char *const *places, struct err *err)
{
	const char *slot = reg_text_in(item, member);
	cleanup_free char *named = NULL;
	const json_t *setting;

	if (!slot || !slot[0])
		return 0;
	for (size_t i = 0; places[i]; i++)
		if (strncmp(slot, places[i], strlen(places[i])) == 0)
			return 0;
	if (strncmp(slot, "provider:", 9) != 0) {
		named = name_places(places);
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": %s is \"%s\": a slot begins with %s here", kind, label, member,
			slot, named);
	}
	setting = find(json_object_get(provider, "settings"), "name", slot + 9);
	if (!setting || !(reg_number_in(setting, "flags") & (json_int_t)MORTISE_SETTING_SECRET))
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": %s is \"%s\": register \"%s\" as a secret setting",
			kind, label, member, slot, slot + 9);
	return 0;
}

/* "metadata:" and "public_url:" are followed by a path. */
static int check_place(const char *value, const char *kind, const char *label,
	const char *member, struct err *err)
{
	static const char *const places[] = {"metadata:", "public_url:"};

	for (size_t i = 0; i < lengthof(places); i++) {
		size_t size = strlen(places[i]);

		/* The public URL itself is "public_url:". */
		if (strncmp(value, places[i], size) == 0 && value[size] != '/' && (i == 0 || value[size]))
			return err_set(err, MORTISE_E_FIELD,
				"%s \"%s\": %s is \"%s\": what follows %s begins with a slash", kind,
				label, member, value, places[i]);
	}
	return 0;
}

int reg_check_value(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, struct err *err)
{
	const char *value = reg_text_in(item, member);
	const json_t *setting;

	if (!value)
		return 0;
	if (strncmp(value, "setting:", 8) != 0)
		return check_place(value, kind, label, member, err);
	setting = find(json_object_get(provider, "settings"), "name", value + 8);
	if (!setting || (reg_number_in(setting, "flags") & (json_int_t)MORTISE_SETTING_SECRET))
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": %s is \"%s\": register \"%s\" as a setting that is not secret",
			kind, label, member, value, value + 8);
	return 0;
}

static int check_required(const json_t *item, const char *kind, const char *label,
	const char *const *members, struct err *err)
{
	for (; *members; members++)
		if (!json_object_get(item, *members))
			return err_set(err, MORTISE_E_FIELD, "%s \"%s\": %s is required for this kind: set it",
				kind, label, *members);
	return 0;
}

static const char *const credential_needs[][5] = {
	[MORTISE_CREDENTIAL_HEADER] = {"slot"},
	[MORTISE_CREDENTIAL_APP_JWT] = {"slot", "issuer", "life_ms"},
	[MORTISE_CREDENTIAL_MINTED] = {"parent", "mint_path", "token_pointer", "expires_pointer"},
	[MORTISE_CREDENTIAL_JWT] = {"slot", "issuer", "life_ms"},
	[MORTISE_CREDENTIAL_OAUTH1] = {"slot", "consumer_key"},
};

static int check_credential(const json_t *provider, const json_t *item, struct err *err)
{
	const json_t *credentials = json_object_get(provider, "credentials");
	const char *name = reg_text_in(item, "name");
	const char *parent = reg_text_in(item, "parent");
	int ret = check_required(item, "credential", name, credential_needs[reg_number_in(item, "kind")], err);

	if (ret == 0)
		ret = reg_check_slot(provider, item, "credential", name, "slot", slot_places, err);
	if (ret == 0)
		ret = reg_check_slot(provider, item, "credential", name, "token_slot", slot_places, err);
	if (ret == 0)
		ret = reg_check_value(provider, item, "credential", name, "issuer", err);
	if (ret == 0)
		ret = reg_check_value(provider, item, "credential", name, "consumer_key", err);
	if (ret == 0)
		ret = check_named(item, "credential", name, "parent", credentials, "credential", err);
	if (ret == 0 && parent && reg_number_in(find(credentials, "name", parent), "kind") ==
		MORTISE_CREDENTIAL_MINTED)
		ret = err_set(err, MORTISE_E_FIELD,
			"credential \"%s\": parent \"%s\" is minted itself: name one that is not", name, parent);
	return ret;
}

static int check_upstream(const json_t *provider, const json_t *item, struct err *err)
{
	const char *name = reg_text_in(item, "name");
	int ret = reg_check_value(provider, item, "upstream", name, "base", err);

	if (ret == 0)
		ret = reg_check_value(provider, item, "upstream", name, "verify", err);
	if (ret == 0)
		ret = check_named(item, "upstream", name, "credentials",
			json_object_get(provider, "credentials"), "credential", err);
	return ret;
}

static const char *const step_needs[][7] = {
	[MORTISE_STEP_FORM] = {NULL},
	[MORTISE_STEP_CHOICE] = {"show", "answer_key", "data_key", "save_as"},
	[MORTISE_STEP_CONFIRM] = {"show"},
	[MORTISE_STEP_OAUTH2] = {"authorize_url", "token_url", "client_id", "client_secret", "save_as"},
	[MORTISE_STEP_REDIRECT] = {"url", "data_key"},
	[MORTISE_STEP_OAUTH1] = {"request_token_url", "authorize_url", "token_url", "client_id",
		"client_secret", "save_as"},
	[MORTISE_STEP_EXTERNAL] = {"subject"},
};

/* Which flags a field may have where it stands, and which types go with them. */
static int check_field(const json_t *item, const char *where, bool is_form, bool is_arrival,
	struct err *err)
{
	const char *name = reg_text_in(item, "name");
	uint64_t flags = (uint64_t)reg_number_in(item, "flags");
	int64_t type = reg_number_in(item, "type");

	if (type == MORTISE_TYPE_REFERENCE && !is_arrival)
		return err_set(err, MORTISE_E_FIELD, "%s: field \"%s\": only an arrival can be a "
			"reference: choose another type", where, name);
	if (type == MORTISE_TYPE_REFERENCE && (flags & ~MORTISE_FIELD_REQUIRED))
		return err_set(err, MORTISE_E_FIELD, "%s: field \"%s\": a reference has no flag but "
			"MORTISE_FIELD_REQUIRED", where, name);
	if ((flags & MORTISE_FIELD_RANDOM) && (is_arrival || type != MORTISE_TYPE_TEXT ||
		(flags & ~(MORTISE_FIELD_RANDOM | MORTISE_FIELD_SECRET))))
		return err_set(err, MORTISE_E_FIELD, "%s: field \"%s\": a random secret is a text of a "
			"step, and nobody is asked for it: take its other flags away", where, name);
	if ((flags & MORTISE_FIELD_ORIGIN) && (!is_form || type != MORTISE_TYPE_URL ||
		(flags & MORTISE_FIELD_SECRET)))
		return err_set(err, MORTISE_E_FIELD, "%s: field \"%s\": MORTISE_FIELD_ORIGIN is for an "
			"URL of a form that is no secret", where, name);
	return 0;
}

static int check_step_fields(const json_t *step, const char *name, struct err *err)
{
	const json_t *fields = json_object_get(step, "fields");
	cleanup_free char *where = xasprintf("step \"%s\"", name);
	bool is_form = reg_number_in(step, "kind") == MORTISE_STEP_FORM;
	int ret = reg_check_unique(fields, "field", "name", err);
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
		if (ret == 0)
			ret = check_field(field, where, is_form, false, err);
	return ret;
}

static int check_arrival(const json_t *provider, const json_t *item, struct err *err)
{
	json_t *other;
	size_t i, references = 0;

	json_array_foreach(json_object_get(provider, "arrivals"), i, other)
		references += reg_number_in(other, "type") == MORTISE_TYPE_REFERENCE;
	if (references > 1)
		return err_set(err, MORTISE_E_FIELD,
			"arrivals: an install begins with one reference at most: register one");
	return check_field(item, "arrivals", false, true, err);
}

static int check_step(const json_t *provider, const json_t *item, struct err *err)
{
	static const char *const values[] = {"client_id", "scopes", "verify", "subject"};
	const char *name = reg_text_in(item, "name");
	int64_t kind = reg_number_in(item, "kind");
	int ret = check_required(item, "step", name, step_needs[kind], err);

	if (ret == 0 && kind != MORTISE_STEP_OAUTH1 &&
		(reg_number_in(item, "flags") & (json_int_t)MORTISE_STEP_CALLBACK))
		ret = err_set(err, MORTISE_E_FIELD,
			"step \"%s\": MORTISE_STEP_CALLBACK is for steps of kind oauth1", name);
	if (ret == 0)
		ret = check_step_fields(item, name, err);
	if (ret == 0)
		ret = reg_check_slot(provider, item, "step", name, "client_secret", slot_places, err);
	for (size_t i = 0; i < lengthof(values) && ret == 0; i++)
		ret = reg_check_value(provider, item, "step", name, values[i], err);
	return ret;
}

static int check_task(const json_t *provider, const json_t *item, struct err *err)
{
	(void)provider;
	if (reg_number_in(item, "scope") != MORTISE_SCOPE_PROVIDER &&
		reg_number_in(item, "scope") != MORTISE_SCOPE_INTEGRATION &&
		reg_number_in(item, "scope") != MORTISE_SCOPE_INSTALL)
		return err_set(err, MORTISE_E_FIELD,
			"task \"%s\": scope must be provider, integration or install", reg_text_in(item, "name"));
	if (reg_number_in(item, "schedule_ms") > 0 && reg_number_in(item, "scope") == MORTISE_SCOPE_INTEGRATION)
		return err_set(err, MORTISE_E_FIELD,
			"task \"%s\": a schedule needs the provider or install scope",
			reg_text_in(item, "name"));
	return 0;
}

/* The path is put behind a repository's URL. */
static int check_repository_provider(const json_t *item, struct err *err)
{
	const char *path = reg_text_in(item, "pull_request_path");

	if (path && (*path != '/' || !strstr(path, "{key}")))
		return err_set(err, MORTISE_E_FIELD, "repository provider \"%s\": "
			"pull_request_path must begin with \"/\" and hold {key}", reg_text_in(item, "id"));
	if (reg_text_in(item, "codeowners_paths") && !json_object_get(item, "file"))
		return err_set(err, MORTISE_E_FIELD, "repository provider \"%s\": "
			"codeowners_paths needs file: give this function, or leave the paths out",
			reg_text_in(item, "id"));
	return 0;
}

/* What can be synced, and the callback that sends it out. */
static const char *const attributes[][2] = {
	{"comment", "comment_create"}, {"outbound_status", "status_out"}, {"inbound_status"},
	{"outbound_assignee", "assignee_out"}, {"inbound_assignee"},
};

static int check_sync_attribute(const json_t *item, const char *name, const json_t *key,
	struct err *err)
{
	for (size_t i = 0; i < lengthof(attributes); i++) {
		const char *callback = attributes[i][1];

		if (strcmp(attributes[i][0], name) != 0)
			continue;
		if (!json_is_string(key) || json_string_length(key) == 0 ||
			json_string_length(key) > 64)
			return err_set(err, MORTISE_E_FIELD, "issue provider: sync: \"%s\" must name a "
				"key of the configuration, 1 to 64 bytes", name);
		if (callback && !json_object_get(item, callback))
			return err_set(err, MORTISE_E_FIELD, "issue provider: sync: \"%s\" goes out by "
				"%s: give this function, or leave the attribute out", name, callback);
		return 0;
	}
	return err_set(err, MORTISE_E_FIELD, "issue provider: sync: \"%.64s\" is nothing that can be "
		"synced: use comment, outbound_status, inbound_status, outbound_assignee or "
		"inbound_assignee", name);
}

static int check_issue_provider(const json_t *item, struct err *err)
{
	const char *text = reg_text_in(item, "sync");
	const char *key_url = reg_text_in(item, "key_url");
	json_t *sync = text ? json_loads(text, 0, NULL) : NULL;
	const char *name;
	json_t *key;
	int ret = 0;

	if (text && !json_is_object(sync))
		ret = err_set(err, MORTISE_E_FIELD, "issue provider: sync must be a JSON object");
	json_object_foreach(sync, name, key)
		if (ret == 0)
			ret = check_sync_attribute(item, name, key, err);
	json_decref(sync);
	if (ret == 0 && key_url && !strstr(key_url, "{key}"))
		ret = err_set(err, MORTISE_E_FIELD, "issue provider: key_url must hold {key}");
	return ret;
}

/* Segments of an URL, each once. */
static int check_slugs(const json_t *provider, struct err *err)
{
	const char *own = reg_text_in(provider, "slug");
	const char *key = reg_text_in(provider, "key");
	cleanup_free char *text = xstrdup(reg_text_in(provider, "slugs"));
	cleanup_json json_t *seen = json_object();
	char *rest = NULL;

	if (own || key)
		json_object_set_new(seen, own ? own : key, json_true());
	for (char *slug = text ? strtok_r(text, ", ", &rest) : NULL; slug;
		slug = strtok_r(NULL, ", ", &rest)) {
		if (slug[strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789_-")] || strlen(slug) > 64)
			return err_set(err, MORTISE_E_FIELD,
				"slugs has \"%.64s\": use 1 to 64 of a-z, 0-9, _ and - for each", slug);
		if (json_object_get(seen, slug))
			return err_set(err, MORTISE_E_FIELD, "slugs: \"%s\" stands there already: "
				"give each segment once", slug);
		json_object_set_new(seen, slug, json_true());
	}
	return 0;
}

int reg_references_check(const json_t *provider, struct err *err)
{
	static const struct {
		const char *list, *kind, *unique;
		int (*check)(const json_t *provider, const json_t *item, struct err *err);
	} lists[] = {
		{"settings", "setting", "name", NULL},
		/* One feature may be described twice, with a text each. */
		{"features", "feature", NULL, NULL},
		{"credentials", "credential", "name", check_credential},
		{"upstreams", "upstream", "name", check_upstream},
		{"steps", "step", "name", check_step},
		{"arrivals", "arrival", "name", check_arrival},
		{"webhooks", "webhook", "path", reg_check_webhook},
		{"pages", "page", "name", reg_check_page},
		{"tasks", "task", "name", check_task},
	};
	int result = check_slugs(json_object_get(provider, "provider"), err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < lengthof(lists); i++) {
		const json_t *list = json_object_get(provider, lists[i].list);
		json_t *item;
		size_t index;
		int ret = 0;

		if (lists[i].unique)
			ret = reg_check_unique(list, lists[i].kind, lists[i].unique, err);
		json_array_foreach(list, index, item)
			if (ret == 0 && lists[i].check)
				ret = lists[i].check(provider, item, err);
		if (ret < 0)
			return ret;
	}
	result = check_repository_provider(json_object_get(provider, "repository_provider"), err);
	if (result == 0)
		result = check_issue_provider(json_object_get(provider, "issue_provider"), err);
	return result;
}
