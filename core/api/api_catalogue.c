/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The catalogue: which providers there are. */
#include "config.h"
#include "core/api/routes.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/integration_json.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define DIALOG_SIZE 600

/* What the directory says of a provider. */
static json_t *metadata_json(struct daemon *daemon, const struct reg_provider *provider)
{
	const struct mortise_provider *p = &provider->provider;
	json_t *features = json_array();

	for (size_t i = 0; i < provider->feature_len; i++) {
		const struct mortise_feature *feature = &provider->features[i];
		cleanup_free char *gate = xasprintf("integrations-%s", feature->feature);

		if (feature->flags & MORTISE_FEATURE_DESCRIBED)
			json_array_append_new(features, json_pack("{s:s, s:s}", "description",
				feature->description ? feature->description : "", "featureGate",
				gate));
	}
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "description",
		p->description ? p->description : "", "features", features, "author",
		p->author ? p->author : "", "noun", p->noun ? p->noun : "Installation",
		"issue_url", p->issue_url ? p->issue_url : "", "source_url",
		p->source_url ? p->source_url : "", "aspects", provider_aspects(daemon, provider));
}

static json_t *dialog_json(const struct api_call *call, const struct mortise_provider *provider)
{
	cleanup_free char *url = xasprintf("%s/console/install.html?organization=%lld&provider=%s",
		call->daemon->settings->public_url, (long long)call->principal.organization_id,
		provider->key);

	return json_pack("{s:s, s:i, s:i}", "url", url, "width",
		provider->dialog_width ? (int)provider->dialog_width : DIALOG_SIZE, "height",
		provider->dialog_height ? (int)provider->dialog_height : DIALOG_SIZE);
}

struct installed {
	int64_t organization_id;
	const char *provider;
	bool exists;
};

static int installed_in(struct tx *tx, void *arg, struct err *err)
{
	struct installed *installed = arg;

	return link_exists(tx, installed->organization_id, installed->provider, false,
		&installed->exists, err);
}

static int provider_json(const struct api_call *call, const struct reg_provider *provider,
	json_t **ret_json, struct err *err)
{
	const struct mortise_provider *p = &provider->provider;
	struct installed installed = {
		.organization_id = call->principal.organization_id,
		.provider = reg_row_key(provider),
	};

	if ((p->flags & MORTISE_PROVIDER_SINGLE) &&
		store_read(call->daemon->store, installed_in, &installed, err) < 0)
		return err->code;
	*ret_json = json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:o}", "key", p->key, "slug",
		p->key, "name", p->name, "metadata", metadata_json(call->daemon, provider), "canAdd",
		provider_can_add(call->daemon, provider) && !installed.exists, "canDisable",
		(p->flags & MORTISE_PROVIDER_CAN_DISABLE) != 0, "features",
		provider_features(provider), "setupDialog", dialog_json(call, p));
	return 0;
}

static int catalogue(struct api_call *call, struct err *err)
{
	const char *wanted = api_query(call, "providerKey", "provider_key");
	size_t len;
	const struct reg_provider **all = providers_all(call->daemon->providers, &len);
	json_t *list = json_array();
	int result = 0;

	for (size_t i = 0; i < len; i++) {
		json_t *item;

		if (result == 0 && (all[i]->provider.flags & MORTISE_PROVIDER_VISIBLE) &&
			(!wanted || strcmp(wanted, all[i]->provider.key) == 0)) {
			result = provider_json(call, all[i], &item, err);
			if (result == 0)
				json_array_append_new(list, item);
		}
		registration_unref(all[i]->registration);
	}
	free(all);
	if (result == 0 && json_array_size(list) == 0)
		result = err_set(err, MORTISE_E_NOT_FOUND, "there is no such provider");
	if (result < 0) {
		json_decref(list);
		return result;
	}
	call->reply = json_pack("{s:o}", "providers", list);
	return 0;
}

static int repository_provider_compare(const void *left, const void *right)
{
	const struct reg_provider *const *a = left, *const *b = right;

	return strcmp((*a)->repository_provider.id, (*b)->repository_provider.id);
}

/* Those that repositories can be added from; what each is told is asked elsewhere. */
static int repository_providers(struct api_call *call, struct err *err)
{
	size_t len, kept = 0;
	const struct reg_provider **all = providers_all(call->daemon->providers, &len);
	json_t *list = json_array();

	(void)err;
	for (size_t i = 0; i < len; i++)
		if (all[i]->has_repository_provider)
			all[kept++] = all[i];
		else
			registration_unref(all[i]->registration);
	qsort(all, kept, sizeof(*all), repository_provider_compare);
	for (size_t i = 0; i < kept; i++) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:[]}", "id",
			all[i]->repository_provider.id, "name", all[i]->provider.name, "config"));
		registration_unref(all[i]->registration);
	}
	free(all);
	call->reply = json_pack("{s:o}", "providers", list);
	return 0;
}

/* What applications can be of use for, by Sentry's numbers; 10 was never given out. */
static int features(struct api_call *call, struct err *err)
{
	static const struct {
		int id;
		const char *gate;
	} all[] = {
		{0, "integrations-api"}, {1, "integrations-issue-link"},
		{2, "integrations-stacktrace-link"}, {3, "integrations-event-hooks"},
		{4, "integrations-project-management"}, {5, "integrations-incident-management"},
		{6, "integrations-feature-flag"}, {7, "integrations-alert-rule"},
		{8, "integrations-release-management"}, {9, "integrations-visualization"},
		{11, "integrations-chat"}, {12, "integrations-session-replay"},
	};

	(void)err;
	call->reply = json_array();
	for (size_t i = 0; i < lengthof(all); i++)
		json_array_append_new(call->reply, json_pack("{s:i, s:s}", "featureId", all[i].id,
			"featureGate", all[i].gate));
	return 0;
}

/* Integrations that are only documentation are written by who runs Sentry; here what can be
 * installed comes as plugins, so there are none. */
static int doc_integrations(struct api_call *call, struct err *err)
{
	(void)err;
	call->reply = json_array();
	return 0;
}

const struct api_route api_catalogue_routes[] = {
	{"GET", "/api/0/organizations/{org}/config/integrations/", SCOPES_O_GET, 0, catalogue},
	{"GET", "/api/0/organizations/{org}/config/repos/", SCOPES_O_GET, 0, repository_providers},
	{"GET", "/api/0/integration-features/", 0, 0, features},
	{"GET", "/api/0/doc-integrations/", 0, 0, doc_integrations},
	{0},
};
