/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/integration_json.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/call.h"
#include "core/api/cursor.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define SETTING "setting:"

static int text_compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

json_t *provider_features(const struct reg_provider *provider)
{
	const char **names = xcalloc(provider->feature_len + 1, sizeof(*names));
	json_t *list = json_array();
	size_t len = 0;

	for (size_t i = 0; i < provider->feature_len; i++)
		if (provider->features[i].flags & MORTISE_FEATURE_IN_SET)
			names[len++] = provider->features[i].feature;
	qsort(names, len, sizeof(*names), text_compare);
	for (size_t i = 0; i < len; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			json_array_append_new(list, json_string(names[i]));
	free(names);
	return list;
}

/* Sentry's clients write features with hyphens, its older ones with underscores. */
static bool feature_is(const char *feature, const char *wanted)
{
	for (; *feature && *wanted; feature++, wanted++)
		if (*feature != *wanted && !(*feature == '-' && *wanted == '_'))
			return false;
	return *feature == *wanted;
}

bool provider_has_feature(const struct reg_provider *provider, const char *wanted)
{
	for (size_t i = 0; i < provider->feature_len; i++)
		if ((provider->features[i].flags & MORTISE_FEATURE_IN_SET) &&
			feature_is(provider->features[i].feature, wanted))
			return true;
	return false;
}

/* Objects inside objects: texts "setting:NAME" become what is configured, or empty. */
static void fill_settings(struct daemon *daemon, const struct reg_provider *provider,
	json_t *object)
{
	json_t *value;
	const char *name;
	void *next;

	json_object_foreach_safe(object, next, name, value) {
		const char *text = json_string_value(value);
		cleanup_free char *setting = text && strncmp(text, SETTING, strlen(SETTING)) == 0
			? provider_setting(daemon, provider, text + strlen(SETTING)) : NULL;

		if (setting)
			json_object_set_new(object, name, json_string(setting));
		fill_settings(daemon, provider, value);
	}
}

json_t *provider_aspects(struct daemon *daemon, const struct reg_provider *provider)
{
	json_t *aspects = provider->provider.aspects
		? json_loads(provider->provider.aspects, 0, NULL) : NULL;

	if (!json_is_object(aspects)) {
		json_decref(aspects);
		return json_object();
	}
	fill_settings(daemon, provider, aspects);
	return aspects;
}

bool provider_can_add(struct daemon *daemon, const struct reg_provider *provider)
{
	return (provider->provider.flags & MORTISE_PROVIDER_CAN_ADD) &&
		provider_configured(daemon, provider);
}

json_t *integration_provider_json(struct daemon *daemon, const char *key)
{
	const struct reg_provider *provider = providers_find(daemon->providers, key);
	json_t *item;

	if (!provider)
		return json_pack("{s:s, s:s, s:s, s:b, s:b, s:[], s:{}}", "key", key, "slug", key,
			"name", key, "canAdd", 0, "canDisable", 0, "features", "aspects");
	item = json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "key", provider->provider.key,
		"slug", provider->provider.key, "name", provider->provider.name, "canAdd",
		provider_can_add(daemon, provider), "canDisable",
		(provider->provider.flags & MORTISE_PROVIDER_CAN_DISABLE) != 0, "features",
		provider_features(provider), "aspects", provider_aspects(daemon, provider));
	registration_unref(provider->registration);
	return item;
}

static void item_metadata(json_t *item, const json_t *metadata)
{
	static const struct {
		const char *shown, *member;
	} members[] = {
		{"icon", "icon"}, {"accountType", "account_type"}, {"scopes", "scopes"},
	};
	const char *domain = json_string_value(json_object_get(metadata, "domain_name"));

	for (size_t i = 0; i < lengthof(members); i++) {
		json_t *value = json_object_get(metadata, members[i].member);

		json_object_set(item, members[i].shown, value ? value : json_null());
	}
	/* The contract has no null here. */
	json_object_set_new(item, "domainName", json_string(domain ? domain : ""));
}

json_t *integration_base(struct daemon *daemon, const struct integration *integration)
{
	json_t *item = json_pack("{s:o, s:s, s:s, s:n, s:o}", "id", api_id_json(integration->id),
		"name", integration->name, "status", integration_status_name(integration->status),
		"outOfDate", "provider", integration_provider_json(daemon, integration->provider));

	item_metadata(item, integration->metadata);
	return item;
}

json_t *integration_item(struct daemon *daemon, const struct integration *integration,
	const struct link *link, bool with_config)
{
	json_t *item = integration_base(daemon, integration);
	json_t *more = json_pack("{s:s, s:I, s:s, s:o, s:o}", "externalId",
		integration->external_id, "organizationId", (json_int_t)link->organization_id,
		"organizationIntegrationStatus", integration_status_name(link->status),
		"gracePeriodEnd", api_time(link->grace_period_end_us), "dateCreated",
		api_time(link->added_at_us));

	json_object_update(item, more);
	json_decref(more);
	if (with_config) {
		json_object_set_new(item, "configOrganization", json_array());
		json_object_set_new(item, "configData", json_deep_copy(link->config));
	} else {
		json_object_set_new(item, "configData", json_null());
	}
	return item;
}

struct item_read {
	int64_t link_id;
	struct integration integration;
	struct link link;
};

static int item_in(struct tx *tx, void *arg, struct err *err)
{
	struct item_read *read = arg;

	integration_clear(&read->integration);
	link_clear(&read->link);
	if (link_get(tx, read->link_id, &read->link, err) < 0)
		return err->code;
	return integration_get(tx, read->link.integration_id, &read->integration, err);
}

int integration_item_read(struct daemon *daemon, int64_t link_id, json_t **ret_item,
	struct err *err)
{
	struct item_read read = {.link_id = link_id};
	int result = store_read(daemon->store, item_in, &read, err);

	if (result == 0)
		*ret_item = integration_item(daemon, &read.integration, &read.link, true);
	integration_clear(&read.integration);
	link_clear(&read.link);
	return result;
}

void integration_page_answer(const struct api_call *call, const struct keyset *place,
	const struct integration *integrations, const struct link *links, size_t len)
{
	size_t shown = api_keyset_shown(place, len), first, last;

	if (shown == 0) {
		api_keyset_answer(call, place, len, NULL, NULL);
		return;
	}
	first = api_keyset_row(place, len, 0);
	last = api_keyset_row(place, len, shown - 1);
	api_keyset_answer(call, place, len,
		&(struct cursor_mark){.text = integrations[first].name, .id = links[first].id},
		&(struct cursor_mark){.text = integrations[last].name, .id = links[last].id});
}
