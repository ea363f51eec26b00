/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/provider/registration.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/registration_fields.h"

#define LIST_MAX 256           /* of one kind, in one provider */
#define PROVIDER_MAX 16        /* of one plugin */
#define VERSION_MAX 64         /* bytes */

/* The registration as others see it, and how many hold it. */
struct counted {
	struct registration registration;
	atomic_size_t references;
};

/* ---- Reading ---- */

/* The objects of the list 'name' of 'json', into an array of structs whose first member
 * is the struct of 'kind'. */
static int read_list(const json_t *json, const char *name, enum reg_kind kind, size_t stride,
	void *ret_array, size_t *ret_len, struct err *err)
{
	const json_t *list = json_object_get(json, name);
	size_t len = json_array_size(list);
	char *array;

	if (!list)
		return 0;
	if (!json_is_array(list) || len > LIST_MAX)
		return err_set(err, MORTISE_E_FIELD, "\"%s\" must be a list of at most %d", name,
			LIST_MAX);
	array = xcalloc(len, stride);
	*(void **)ret_array = array;
	for (size_t i = 0; i < len; i++) {
		int result = reg_fields_from_json(kind, json_array_get(list, i), array + i * stride,
			err);

		if (result < 0)
			return result;
		*ret_len = i + 1;
	}
	return 0;
}

#define READ_LIST(json_, name_, kind_, array_, len_, err_) \
	read_list((json_), (name_), (kind_), sizeof(*(array_)), &(array_), &(len_), (err_))

static int read_step_fields(const json_t *list, struct reg_provider *provider, struct err *err)
{
	for (size_t i = 0; i < provider->step_len; i++) {
		struct reg_step *step = &provider->steps[i];
		int result = READ_LIST(json_array_get(list, i), "fields", REG_FIELD, step->fields,
			step->field_len, err);

		if (result < 0) {
			err_prefix(err, "step \"%s\": ", step->step.name);
			return result;
		}
	}
	return 0;
}

static int read_page_tokens(const json_t *list, struct reg_provider *provider, struct err *err)
{
	for (size_t i = 0; i < provider->page_len; i++) {
		struct reg_page *page = &provider->pages[i];
		int result = READ_LIST(json_array_get(list, i), "tokens", REG_TOKEN, page->tokens,
			page->token_len, err);

		if (result < 0) {
			err_prefix(err, "page \"%s\": ", page->page.name);
			return result;
		}
	}
	return 0;
}

static int read_webhook_lists(const json_t *json, struct reg_webhook *webhook, struct err *err)
{
	int result = READ_LIST(json, "signatures", REG_SIGNATURE, webhook->signatures,
		webhook->signature_len, err);

	if (result == 0)
		result = READ_LIST(json, "tokens", REG_TOKEN, webhook->tokens, webhook->token_len, err);
	if (result == 0)
		result = READ_LIST(json, "events", REG_EVENT, webhook->events, webhook->event_len, err);
	if (result == 0)
		result = READ_LIST(json, "replies", REG_REPLY, webhook->replies, webhook->reply_len,
			err);
	if (result < 0)
		err_prefix(err, "webhook \"%s\": ",
			webhook->webhook.name ? webhook->webhook.name : webhook->webhook.path);
	return result;
}

static int read_lists(const json_t *json, struct reg_provider *provider, struct err *err)
{
	const json_t *webhooks = json_object_get(json, "webhooks");
	int result = READ_LIST(json, "settings", REG_SETTING, provider->settings,
		provider->setting_len, err);

	if (result == 0)
		result = READ_LIST(json, "features", REG_FEATURE, provider->features,
			provider->feature_len, err);
	if (result == 0)
		result = READ_LIST(json, "credentials", REG_CREDENTIAL, provider->credentials,
			provider->credential_len, err);
	if (result == 0)
		result = READ_LIST(json, "upstreams", REG_UPSTREAM, provider->upstreams,
			provider->upstream_len, err);
	if (result == 0)
		result = READ_LIST(json, "steps", REG_STEP, provider->steps, provider->step_len, err);
	if (result == 0)
		result = read_step_fields(json_object_get(json, "steps"), provider, err);
	if (result == 0)
		result = READ_LIST(json, "arrivals", REG_FIELD, provider->arrivals,
			provider->arrival_len, err);
	if (result == 0)
		result = READ_LIST(json, "webhooks", REG_WEBHOOK, provider->webhooks,
			provider->webhook_len, err);
	for (size_t i = 0; result == 0 && i < provider->webhook_len; i++)
		result = read_webhook_lists(json_array_get(webhooks, i), &provider->webhooks[i], err);
	if (result == 0)
		result = READ_LIST(json, "pages", REG_PAGE, provider->pages, provider->page_len, err);
	if (result == 0)
		result = read_page_tokens(json_object_get(json, "pages"), provider, err);
	if (result == 0)
		result = READ_LIST(json, "tasks", REG_TASK, provider->tasks, provider->task_len, err);
	return result;
}

static int check_members(const json_t *json, struct err *err)
{
	static const char *const known[] = {"provider", "settings", "features", "credentials",
		"upstreams", "steps", "arrivals", "webhooks", "pages", "tasks",
		"repository_provider", "issue_provider", "config_form"};
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return err_set(err, MORTISE_E_FIELD, "a provider must be an object");
	json_object_foreach((json_t *)(uintptr_t)json, name, value) {
		bool found = false;

		for (size_t i = 0; i < lengthof(known) && !found; i++)
			found = strcmp(known[i], name) == 0;
		if (!found)
			return err_set(err, MORTISE_E_FIELD,
				"\"%.64s\" is no kind of registration that this daemon knows", name);
	}
	return 0;
}

/* What a provider has at most once. */
static int read_single(const json_t *json, const char *member, enum reg_kind kind, void *ret_single,
	bool *ret_has, struct err *err)
{
	const json_t *given = json_object_get(json, member);
	int result = given ? reg_fields_from_json(kind, given, ret_single, err) : 0;

	*ret_has = given && result == 0;
	return result;
}

static int read_singles(const json_t *json, struct reg_provider *provider, struct err *err)
{
	int result = read_single(json, "repository_provider", REG_REPOSITORY_PROVIDER,
		&provider->repository_provider, &provider->has_repository_provider, err);

	if (result == 0)
		result = read_single(json, "issue_provider", REG_ISSUE_PROVIDER,
			&provider->issue_provider, &provider->has_issue_provider, err);
	if (result == 0)
		result = read_single(json, "config_form", REG_CONFIG_FORM, &provider->config_form,
			&provider->has_config_form, err);
	return result;
}

static int read_provider(const json_t *json, struct reg_provider *provider, struct err *err)
{
	int result = check_members(json, err);

	if (result == 0)
		result = reg_fields_from_json(REG_PROVIDER, json_object_get(json, "provider"),
			&provider->provider, err);
	if (result < 0)
		return result;
	result = read_lists(json, provider, err);
	if (result == 0)
		result = read_singles(json, provider, err);
	if (result == 0)
		result = reg_references_check(json, err);
	if (result < 0)
		err_prefix(err, "provider \"%s\": ", provider->provider.key);
	return result;
}

/* Inside one plugin: between plugins the registry checks. */
static int check_unique(const struct registration *registration, struct err *err)
{
	for (size_t i = 0; i < registration->provider_len; i++)
		for (size_t j = 0; j < i; j++) {
			const struct reg_provider *a = &registration->providers[j];
			const struct reg_provider *b = &registration->providers[i];
			cleanup_free char *slug = NULL;

			if (strcmp(a->provider.key, b->provider.key) == 0)
				return err_set(err, MORTISE_E_FIELD,
					"provider \"%s\" is registered twice", b->provider.key);
			slug = reg_shared_slug(a, b);
			if (slug)
				return err_set(err, MORTISE_E_FIELD,
					"providers \"%s\" and \"%s\" have the same slug \"%s\": give one "
					"another", a->provider.key, b->provider.key, slug);
		}
	return 0;
}

int registration_parse(const json_t *json, int64_t generation,
	struct registration **ret_registration, struct err *err)
{
	struct counted *counted = new(struct counted);
	cleanup(registration_unrefp) struct registration *registration = &counted->registration;
	const char *plugin = json_string_value(json_object_get(json, "plugin"));
	const char *version = json_string_value(json_object_get(json, "version"));
	const json_t *providers = json_object_get(json, "providers");
	size_t len = json_array_size(providers);
	int result = 0;

	atomic_init(&counted->references, 1);
	if (!plugin || !version || !json_is_array(providers))
		return err_set(err, MORTISE_E_FIELD,
			"a registration needs \"plugin\", \"version\" and \"providers\"");
	if (strlen(version) > VERSION_MAX)
		return err_set(err, MORTISE_E_FIELD,
			"its version has more than %d bytes: shorten it in MORTISE_PLUGIN", VERSION_MAX);
	if (len == 0 || len > PROVIDER_MAX)
		return err_set(err, MORTISE_E_FIELD,
			"a plugin registers 1 to %d providers, this one has %zu", PROVIDER_MAX, len);
	registration->plugin = xstrdup(plugin);
	registration->version = xstrdup(version);
	registration->generation = generation;
	registration->providers = xcalloc(len, sizeof(*registration->providers));
	for (size_t i = 0; i < len && result == 0; i++) {
		registration->providers[i].registration = registration;
		registration->provider_len = i + 1;
		result = read_provider(json_array_get(providers, i), &registration->providers[i], err);
	}
	if (result == 0)
		result = check_unique(registration, err);
	if (result < 0)
		return result;
	*ret_registration = steal(&registration);
	return 0;
}

/* ---- Life ---- */

static void clear_list(enum reg_kind kind, void *array, size_t len, size_t stride)
{
	for (size_t i = 0; i < len; i++)
		reg_fields_clear(kind, (char *)array + i * stride);
	free(array);
}

#define CLEAR_LIST(kind_, array_, len_) clear_list((kind_), (array_), (len_), sizeof(*(array_)))

static void clear_provider(struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->step_len; i++)
		CLEAR_LIST(REG_FIELD, provider->steps[i].fields, provider->steps[i].field_len);
	for (size_t i = 0; i < provider->webhook_len; i++) {
		struct reg_webhook *webhook = &provider->webhooks[i];

		CLEAR_LIST(REG_SIGNATURE, webhook->signatures, webhook->signature_len);
		CLEAR_LIST(REG_TOKEN, webhook->tokens, webhook->token_len);
		CLEAR_LIST(REG_EVENT, webhook->events, webhook->event_len);
		CLEAR_LIST(REG_REPLY, webhook->replies, webhook->reply_len);
	}
	for (size_t i = 0; i < provider->page_len; i++)
		CLEAR_LIST(REG_TOKEN, provider->pages[i].tokens, provider->pages[i].token_len);
	CLEAR_LIST(REG_SETTING, provider->settings, provider->setting_len);
	CLEAR_LIST(REG_FEATURE, provider->features, provider->feature_len);
	CLEAR_LIST(REG_CREDENTIAL, provider->credentials, provider->credential_len);
	CLEAR_LIST(REG_UPSTREAM, provider->upstreams, provider->upstream_len);
	CLEAR_LIST(REG_STEP, provider->steps, provider->step_len);
	CLEAR_LIST(REG_FIELD, provider->arrivals, provider->arrival_len);
	CLEAR_LIST(REG_WEBHOOK, provider->webhooks, provider->webhook_len);
	CLEAR_LIST(REG_PAGE, provider->pages, provider->page_len);
	CLEAR_LIST(REG_TASK, provider->tasks, provider->task_len);
	reg_fields_clear(REG_REPOSITORY_PROVIDER, &provider->repository_provider);
	reg_fields_clear(REG_ISSUE_PROVIDER, &provider->issue_provider);
	reg_fields_clear(REG_CONFIG_FORM, &provider->config_form);
	reg_fields_clear(REG_PROVIDER, &provider->provider);
}

struct registration *registration_ref(struct registration *registration)
{
	atomic_fetch_add(&((struct counted *)registration)->references, 1);
	return registration;
}

void registration_unref(struct registration *registration)
{
	struct counted *counted = (struct counted *)registration;

	if (!registration || atomic_fetch_sub(&counted->references, 1) > 1)
		return;
	for (size_t i = 0; i < registration->provider_len; i++)
		clear_provider(&registration->providers[i]);
	free(registration->providers);
	free(registration->plugin);
	free(registration->version);
	free(counted);
}

void registration_unrefp(struct registration **registration)
{
	registration_unref(*registration);
	*registration = NULL;
}

/* ---- Looking up ---- */

const struct mortise_setting *reg_setting(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->setting_len; i++)
		if (strcmp(provider->settings[i].name, name) == 0)
			return &provider->settings[i];
	return NULL;
}

const struct mortise_credential *reg_credential(const struct reg_provider *provider,
	const char *name)
{
	for (size_t i = 0; i < provider->credential_len; i++)
		if (strcmp(provider->credentials[i].name, name) == 0)
			return &provider->credentials[i];
	return NULL;
}

const struct mortise_upstream *reg_upstream(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->upstream_len; i++)
		if (strcmp(provider->upstreams[i].name, name) == 0)
			return &provider->upstreams[i];
	return NULL;
}

const struct reg_step *reg_step_find(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->step_len; i++)
		if (strcmp(provider->steps[i].step.name, name) == 0)
			return &provider->steps[i];
	return NULL;
}

const struct mortise_task *reg_task(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->task_len; i++)
		if (strcmp(provider->tasks[i].name, name) == 0)
			return &provider->tasks[i];
	return NULL;
}

const struct reg_webhook *reg_webhook_find(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->webhook_len; i++) {
		const struct mortise_webhook *webhook = &provider->webhooks[i].webhook;

		if (strcmp(webhook->name ? webhook->name : webhook->path, name) == 0)
			return &provider->webhooks[i];
	}
	return NULL;
}

const struct reg_page *reg_page_find(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->page_len; i++)
		if (strcmp(provider->pages[i].page.name, name) == 0)
			return &provider->pages[i];
	return NULL;
}

const char *reg_row_key(const struct reg_provider *provider)
{
	return provider->provider.row_key ? provider->provider.row_key : provider->provider.key;
}

const char *reg_slug(const struct reg_provider *provider)
{
	return provider->provider.slug ? provider->provider.slug : provider->provider.key;
}

/* The size of the segment at '*at', which moves to the next; 0: the end. */
static size_t next_slug(const char **at, const char **ret_slug)
{
	size_t size;

	*ret_slug = *at + strspn(*at, ", ");
	size = strcspn(*ret_slug, ", ");
	*at = *ret_slug + size;
	return size;
}

bool reg_has_slug(const struct reg_provider *provider, const char *slug)
{
	const char *at = provider->provider.slugs ? provider->provider.slugs : "";
	const char *further;
	size_t size;

	if (strcmp(reg_slug(provider), slug) == 0)
		return true;
	while ((size = next_slug(&at, &further)) > 0)
		if (strlen(slug) == size && memcmp(further, slug, size) == 0)
			return true;
	return false;
}

char *reg_shared_slug(const struct reg_provider *a, const struct reg_provider *b)
{
	const char *at = b->provider.slugs ? b->provider.slugs : "";
	const char *further;
	size_t size;

	if (reg_has_slug(a, reg_slug(b)))
		return xstrdup(reg_slug(b));
	while ((size = next_slug(&at, &further)) > 0) {
		cleanup_free char *slug = xstrndup(further, size);

		if (reg_has_slug(a, slug))
			return steal(&slug);
	}
	return NULL;
}

void reg_step_signature(const struct reg_provider *provider, char ret_hex[65])
{
	unsigned char hash[crypto_generichash_BYTES];
	crypto_generichash_state state;
	char number[16];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; i < provider->step_len; i++) {
		const struct reg_step *step = &provider->steps[i];
		int len = snprintf(number, sizeof(number), "%d:%zu:", (int)step->step.kind,
			step->field_len);

		/* The NUL of each name goes in too, so that no two lists read the same. */
		crypto_generichash_update(&state, (const unsigned char *)number,
			(unsigned long long)len);
		crypto_generichash_update(&state, (const unsigned char *)step->step.name,
			strlen(step->step.name) + 1);
		for (size_t j = 0; j < step->field_len; j++)
			crypto_generichash_update(&state, (const unsigned char *)step->fields[j].name,
				strlen(step->fields[j].name) + 1);
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	sodium_bin2hex(ret_hex, 65, hash, sizeof(hash));
}
