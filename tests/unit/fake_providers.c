/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/fake_providers.h"

#include "core/base/err.h"
#include "core/base/mem.h"

static struct registration *current;
fake_call_fn *fake_call;
_Atomic bool fake_runnable = true, fake_configured = true;

void fake_providers_set(const char *registration)
{
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = NULL;

	registration_unref(current);
	current = NULL;
	if (!registration)
		return;
	json = json_pack("{s:s, s:s, s:o}", "plugin", "fake", "version", "1.0", "providers",
		json_loads(registration, 0, NULL));
	assert_non_null(json);
	if (registration_parse(json, 1, &current, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static const struct reg_provider *find(const char *name, const char *(*name_of)(const struct reg_provider *))
{
	for (size_t i = 0; current && i < current->provider_len; i++)
		if (strcmp(name_of(&current->providers[i]), name) == 0) {
			registration_ref(current);
			return &current->providers[i];
		}
	return NULL;
}

static const char *key_of(const struct reg_provider *provider)
{
	return provider->provider.key;
}

const struct reg_provider *providers_find(struct providers *providers, const char *key)
{
	(void)providers;
	return find(key, key_of);
}

const struct reg_provider *providers_find_slug(struct providers *providers, const char *slug)
{
	(void)providers;
	return find(slug, reg_slug);
}

const struct reg_provider **providers_all(struct providers *providers, size_t *ret_len)
{
	const struct reg_provider **all =
		xcalloc(current ? current->provider_len + 1 : 1, sizeof(*all));

	(void)providers;
	*ret_len = 0;
	for (size_t i = 0; current && i < current->provider_len; i++) {
		registration_ref(current);
		all[(*ret_len)++] = &current->providers[i];
	}
	return all;
}

bool providers_runnable(struct providers *providers, const char *key)
{
	(void)providers;
	(void)key;
	return fake_runnable;
}

char *provider_setting(struct daemon *daemon, const struct reg_provider *provider,
	const char *name)
{
	(void)daemon;
	return xstrdup(reg_setting(provider, name)->default_value);
}

/* Every setting has its default. */
char *provider_value(struct daemon *daemon, const struct reg_provider *provider,
	const char *value)
{
	(void)daemon;
	if (value && strncmp(value, "setting:", 8) == 0)
		value = reg_setting(provider, value + 8)->default_value;
	return xstrdup(value);
}

bool provider_configured(struct daemon *daemon, const struct reg_provider *provider)
{
	(void)daemon;
	(void)provider;
	return fake_configured;
}

int provider_call(struct providers *providers, const struct call_request *request,
	json_t **ret_output, json_t **ret_effects, struct err *err)
{
	(void)providers;
	return fake_call(request, ret_output, ret_effects, err);
}
