/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the registrations of one provider say about each other.  Any thread. */
#include "config.h"
#include "core/frame/registration_fields.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

static const char *text_in(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static int64_t number_in(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static const json_t *find(const json_t *list, const char *member, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = text_in(item, member);

		if (text && strcmp(text, name) == 0)
			return item;
	}
	return NULL;
}

static int check_unique(const json_t *list, const char *kind, const char *member, struct err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = text_in(item, member);

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
	const char *name = text_in(item, member);

	if (!name || !name[0] || find(list, "name", name))
		return 0;
	return err_set(err, MORTISE_E_FIELD,
		"%s \"%s\": %s names \"%s\", but no such %s is registered: register it or correct the name",
		kind, label, member, name, wanted);
}

/* "provider:NAME" must be a secret setting; "integration:", "install:" and "state:" name
 * slots that the plugin fills as it runs. */
static int check_slot(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, struct err *err)
{
	static const char *const known[] = {"integration:", "install:", "state:"};
	const char *slot = text_in(item, member);
	const json_t *setting;

	if (!slot || !slot[0])
		return 0;
	for (size_t i = 0; i < lengthof(known); i++)
		if (strncmp(slot, known[i], strlen(known[i])) == 0)
			return 0;
	if (strncmp(slot, "provider:", 9) != 0)
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": %s is \"%s\": a slot begins with provider:, integration:, install: or state:",
			kind, label, member, slot);
	setting = find(json_object_get(provider, "settings"), "name", slot + 9);
	if (!setting || !(number_in(setting, "flags") & (json_int_t)MORTISE_SETTING_SECRET))
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": %s is \"%s\": register \"%s\" as a secret setting",
			kind, label, member, slot, slot + 9);
	return 0;
}

/* A value "setting:NAME" must name a setting that is not secret. */
static int check_value(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, struct err *err)
{
	const char *value = text_in(item, member);
	const json_t *setting;

	if (!value || strncmp(value, "setting:", 8) != 0)
		return 0;
	setting = find(json_object_get(provider, "settings"), "name", value + 8);
	if (!setting || (number_in(setting, "flags") & (json_int_t)MORTISE_SETTING_SECRET))
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
};

static int check_credential(const json_t *provider, const json_t *item, struct err *err)
{
	const json_t *credentials = json_object_get(provider, "credentials");
	const char *name = text_in(item, "name");
	const char *parent = text_in(item, "parent");
	int ret = check_required(item, "credential", name, credential_needs[number_in(item, "kind")], err);

	if (ret == 0)
		ret = check_slot(provider, item, "credential", name, "slot", err);
	if (ret == 0)
		ret = check_value(provider, item, "credential", name, "issuer", err);
	if (ret == 0)
		ret = check_named(item, "credential", name, "parent", credentials, "credential", err);
	if (ret == 0 && parent && number_in(find(credentials, "name", parent), "kind") ==
		MORTISE_CREDENTIAL_MINTED)
		ret = err_set(err, MORTISE_E_FIELD,
			"credential \"%s\": parent \"%s\" is minted itself: name one that is not", name, parent);
	return ret;
}

static int check_upstream(const json_t *provider, const json_t *item, struct err *err)
{
	const char *name = text_in(item, "name");
	int ret = check_value(provider, item, "upstream", name, "base", err);

	if (ret == 0)
		ret = check_named(item, "upstream", name, "credentials",
			json_object_get(provider, "credentials"), "credential", err);
	return ret;
}

static const char *const step_needs[][6] = {
	[MORTISE_STEP_FORM] = {NULL},
	[MORTISE_STEP_CHOICE] = {"show", "answer_key", "data_key", "save_as"},
	[MORTISE_STEP_CONFIRM] = {"show"},
	[MORTISE_STEP_OAUTH2] = {"authorize_url", "token_url", "client_id", "client_secret", "save_as"},
	[MORTISE_STEP_REDIRECT] = {"url", "data_key"},
};

static int check_step(const json_t *provider, const json_t *item, struct err *err)
{
	const char *name = text_in(item, "name");
	int ret = check_required(item, "step", name, step_needs[number_in(item, "kind")], err);

	if (ret == 0)
		ret = check_unique(json_object_get(item, "fields"), "field", "name", err);
	if (ret == 0)
		ret = check_slot(provider, item, "step", name, "client_secret", err);
	if (ret == 0)
		ret = check_value(provider, item, "step", name, "client_id", err);
	if (ret == 0)
		ret = check_value(provider, item, "step", name, "scopes", err);
	return ret;
}

/* What a setting may say of a webhook: where its parts stand. */
static int check_webhook_values(const json_t *provider, const json_t *item, const char *name,
	struct err *err)
{
	static const char *const members[] = {"event", "delivery_id", "subject", "bind_left",
		"bind_right", "object"};
	json_t *signature;
	size_t index;
	int ret = 0;

	for (size_t i = 0; i < lengthof(members) && ret == 0; i++)
		ret = check_value(provider, item, "webhook", name, members[i], err);
	json_array_foreach(json_object_get(item, "signatures"), index, signature) {
		if (ret == 0)
			ret = check_value(provider, signature, "signature of webhook", name, "header", err);
		if (ret == 0)
			ret = check_value(provider, signature, "signature of webhook", name, "prefix", err);
	}
	return ret;
}

/* An HMAC needs to know of which digest it is. */
static int check_algorithms(const json_t *webhook, const char *name, struct err *err)
{
	json_t *signature;
	size_t i;

	json_array_foreach(json_object_get(webhook, "signatures"), i, signature)
		if (!json_object_get(signature, "algorithm"))
			return err_set(err, MORTISE_E_FIELD,
				"webhook \"%s\": signature \"%s\": algorithm is required for an HMAC: set it",
				name, text_in(signature, "header"));
	return 0;
}

static int check_webhook(const json_t *provider, const json_t *item, struct err *err)
{
	const char *name = text_in(item, "name");
	int64_t scheme = number_in(item, "scheme");
	int ret;

	if (!name)
		name = text_in(item, "path");
	if (scheme != MORTISE_SCHEME_NONE && (!json_object_get(item, "key") ||
		json_array_size(json_object_get(item, "signatures")) == 0))
		return err_set(err, MORTISE_E_FIELD,
			"webhook \"%s\": its scheme needs a key and at least one signature header", name);
	if (!json_object_get(item, "bind_left") != !json_object_get(item, "bind_right"))
		return err_set(err, MORTISE_E_FIELD,
			"webhook \"%s\": bind_left and bind_right go together: set both or none", name);
	ret = check_slot(provider, item, "webhook", name, "key", err);
	if (ret == 0 && scheme == MORTISE_SCHEME_HMAC)
		ret = check_algorithms(item, name, err);
	if (ret == 0)
		ret = check_webhook_values(provider, item, name, err);
	if (ret == 0)
		ret = check_unique(json_object_get(item, "events"), "event", "name", err);
	if (ret == 0)
		ret = check_unique(json_object_get(item, "replies"), "reply", "condition", err);
	return ret;
}

static int check_task(const json_t *provider, const json_t *item, struct err *err)
{
	(void)provider;
	if (number_in(item, "scope") != MORTISE_SCOPE_PROVIDER &&
		number_in(item, "scope") != MORTISE_SCOPE_INTEGRATION &&
		number_in(item, "scope") != MORTISE_SCOPE_INSTALL)
		return err_set(err, MORTISE_E_FIELD,
			"task \"%s\": scope must be provider, integration or install", text_in(item, "name"));
	if (number_in(item, "schedule_ms") > 0 && number_in(item, "scope") == MORTISE_SCOPE_INTEGRATION)
		return err_set(err, MORTISE_E_FIELD,
			"task \"%s\": a schedule needs the provider or install scope",
			text_in(item, "name"));
	return 0;
}

/* The path is put behind a repository's URL. */
static int check_repository_provider(const json_t *item, struct err *err)
{
	const char *path = text_in(item, "pull_request_path");

	if (path && (*path != '/' || !strstr(path, "{key}")))
		return err_set(err, MORTISE_E_FIELD, "repository provider \"%s\": "
			"pull_request_path must begin with \"/\" and hold {key}", text_in(item, "id"));
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
	const char *text = text_in(item, "sync");
	const char *key_url = text_in(item, "key_url");
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
		{"arrivals", "arrival", "name", NULL},
		{"webhooks", "webhook", "path", check_webhook},
		{"tasks", "task", "name", check_task},
	};
	int result;

	for (size_t i = 0; i < lengthof(lists); i++) {
		const json_t *list = json_object_get(provider, lists[i].list);
		json_t *item;
		size_t index;
		int ret = 0;

		if (lists[i].unique)
			ret = check_unique(list, lists[i].kind, lists[i].unique, err);
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
