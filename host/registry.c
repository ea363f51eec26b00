/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/registry.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/frame/registration_fields.h"

#define DEFAULT_MAX_CALLS 8

/* A list of the set, and where an item of it hangs: in a provider, or in a step,
 * webhook or page of one. */
static const char *const list_names[REG_KIND_LEN] = {
	[REG_SETTING] = "settings",
	[REG_FEATURE] = "features",
	[REG_CREDENTIAL] = "credentials",
	[REG_UPSTREAM] = "upstreams",
	[REG_STEP] = "steps",
	[REG_FIELD] = "fields",
	[REG_WEBHOOK] = "webhooks",
	[REG_SIGNATURE] = "signatures",
	[REG_EVENT] = "events",
	[REG_REPLY] = "replies",
	[REG_TOKEN] = "tokens",
	[REG_PAGE] = "pages",
	[REG_TASK] = "tasks",
};

static const char *text_in(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static json_t *find_provider(const struct mortise_registrar *reg, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach(reg->providers, i, item)
		if (strcmp(text_in(json_object_get(item, "provider"), "key"), key) == 0)
			return item;
	return NULL;
}

/* A step, page or webhook by name; a webhook without one goes by its path. */
static json_t *find_part(const json_t *provider, const char *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(provider, list), i, item) {
		const char *own = text_in(item, "name");

		if (!own)
			own = text_in(item, "path");
		if (strcmp(own, name) == 0)
			return item;
	}
	return NULL;
}

static void add_callback(struct mortise_registrar *reg, const json_t *provider,
	mortise_callback *run, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void add_callback(struct mortise_registrar *reg, const json_t *provider,
	mortise_callback *run, const char *format, ...)
{
	struct callback_entry *entry;
	va_list args;
	char *name = NULL;

	if (!run)
		return;
	va_start(args, format);
	if (vasprintf(&name, format, args) < 0)
		abort();
	va_end(args);
	reg->callbacks = xrealloc(reg->callbacks, (reg->callback_len + 1) * sizeof(*reg->callbacks));
	entry = &reg->callbacks[reg->callback_len++];
	entry->provider = text_in(json_object_get(provider, "provider"), "key");
	entry->name = name;
	entry->run = run;
}

/* Copy what the plugin gave into a struct of our size, and check each member. */
static int copy_checked(struct mortise_registrar *reg, const char *provider, enum reg_kind kind,
	const void *given, union reg_any *ret_copy)
{
	uint32_t size;
	int ret;

	if (reg->err.code != 0)
		return reg->err.code;
	*ret_copy = (union reg_any){0};
	if (!given)
		return err_set(&reg->err, MORTISE_E_FIELD, "%s: NULL was registered", reg_kind_name(kind));
	memcpy(&size, given, sizeof(size));
	if (size < reg_kind_min_size(kind))
		return err_set(&reg->err, MORTISE_E_FIELD,
			"%s: size is %u, but the struct has at least %zu bytes: set it to sizeof the struct",
			reg_kind_name(kind), size, reg_kind_min_size(kind));
	memcpy(ret_copy, given, size < reg_kind_size(kind) ? size : reg_kind_size(kind));
	ret = reg_fields_check(kind, ret_copy, &reg->err);
	if (ret < 0 && provider)
		err_prefix(&reg->err, "provider \"%.64s\": ", provider);
	return ret;
}

static int no_such(struct mortise_registrar *reg, enum reg_kind kind, const char *wanted,
	const char *name)
{
	return err_set(&reg->err, MORTISE_E_FIELD,
		"%s: no %s \"%.64s\" is registered yet: register it first, or correct the name",
		reg_kind_name(kind), wanted, name ? name : "");
}

static int append(struct mortise_registrar *reg, enum reg_kind kind, json_t *owner,
	const char *list, const union reg_any *copy)
{
	json_t *items = json_object_get(owner, list);

	if (json_array_size(items) >= REGISTRATIONS_MAX)
		return err_set(&reg->err, MORTISE_E_FIELD, "%s: more than %d are registered",
			reg_kind_name(kind), REGISTRATIONS_MAX);
	if (!items) {
		items = json_array();
		json_object_set_new(owner, list, items);
	}
	json_array_append_new(items, reg_fields_to_json(kind, copy));
	return MORTISE_OK;
}

/* A registration that hangs in its provider's 'list'; '*ret_provider' is that provider. */
static int add_to_provider(struct mortise_registrar *reg, const char *provider, enum reg_kind kind,
	const char *list, const void *given, union reg_any *ret_copy, json_t **ret_provider)
{
	int ret = copy_checked(reg, provider, kind, given, ret_copy);

	if (ret < 0)
		return ret;
	*ret_provider = provider ? find_provider(reg, provider) : NULL;
	if (!*ret_provider)
		return no_such(reg, kind, "provider", provider);
	return append(reg, kind, *ret_provider, list, ret_copy);
}

/* A registration that hangs in a step, webhook or page. */
static int add_to_part(struct mortise_registrar *reg, const char *provider, enum reg_kind part_kind,
	const char *part, enum reg_kind kind, const void *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = copy_checked(reg, provider, kind, given, &copy);

	if (ret < 0)
		return ret;
	owner = provider ? find_provider(reg, provider) : NULL;
	if (!owner)
		return no_such(reg, kind, "provider", provider);
	owner = part ? find_part(owner, list_names[part_kind], part) : NULL;
	if (!owner)
		return no_such(reg, kind, reg_kind_name(part_kind), part);
	return append(reg, kind, owner, list_names[kind], &copy);
}

static int32_t register_provider(struct mortise_registrar *reg, const struct mortise_provider *given)
{
	union reg_any copy;
	json_t *provider;
	int ret = copy_checked(reg, NULL, REG_PROVIDER, given, &copy);

	if (ret < 0)
		return ret;
	if (find_provider(reg, copy.provider.key))
		return err_set(&reg->err, MORTISE_E_FIELD,
			"provider \"%s\" is registered twice: give each its own key", copy.provider.key);
	if (json_array_size(reg->providers) >= 16)
		return err_set(&reg->err, MORTISE_E_FIELD, "provider: more than 16 are registered");
	provider = json_object();
	json_object_set_new(provider, "provider", reg_fields_to_json(REG_PROVIDER, &copy));
	json_array_append_new(reg->providers, provider);
	add_callback(reg, provider, copy.provider.build, "build");
	add_callback(reg, provider, copy.provider.post_install, "post_install");
	add_callback(reg, provider, copy.provider.uninstall, "uninstall");
	add_callback(reg, provider, copy.provider.undo, "undo");
	return MORTISE_OK;
}

#define REGISTER_PLAIN(name_, struct_, kind_)                                              \
	static int32_t register_##name_(struct mortise_registrar *reg, const char *provider, \
		const struct struct_ *given)                                                 \
	{                                                                                    \
		union reg_any copy;                                                          \
		json_t *owner;                                                               \
                                                                                             \
		return add_to_provider(reg, provider, kind_, list_names[kind_], given,       \
			&copy, &owner);                                                      \
	}
REGISTER_PLAIN(setting, mortise_setting, REG_SETTING)
REGISTER_PLAIN(feature, mortise_feature, REG_FEATURE)
REGISTER_PLAIN(credential, mortise_credential, REG_CREDENTIAL)
REGISTER_PLAIN(upstream, mortise_upstream, REG_UPSTREAM)

#define REGISTER_PART(name_, struct_, kind_, part_kind_)                                   \
	static int32_t register_##name_(struct mortise_registrar *reg, const char *provider, \
		const char *part, const struct struct_ *given)                               \
	{                                                                                    \
		return add_to_part(reg, provider, part_kind_, part, kind_, given);           \
	}
REGISTER_PART(step_field, mortise_field, REG_FIELD, REG_STEP)
REGISTER_PART(webhook_signature, mortise_signature, REG_SIGNATURE, REG_WEBHOOK)
REGISTER_PART(webhook_event, mortise_event, REG_EVENT, REG_WEBHOOK)
REGISTER_PART(webhook_reply, mortise_reply, REG_REPLY, REG_WEBHOOK)
REGISTER_PART(webhook_token, mortise_token, REG_TOKEN, REG_WEBHOOK)
REGISTER_PART(page_token, mortise_token, REG_TOKEN, REG_PAGE)

static int32_t register_arrival(struct mortise_registrar *reg, const char *provider,
	const struct mortise_field *given)
{
	union reg_any copy;
	json_t *owner;

	return add_to_provider(reg, provider, REG_FIELD, "arrivals", given, &copy, &owner);
}

static int32_t register_step(struct mortise_registrar *reg, const char *provider,
	const struct mortise_step *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_to_provider(reg, provider, REG_STEP, "steps", given, &copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.step.check, "step:%s:check", copy.step.name);
	add_callback(reg, owner, copy.step.show, "step:%s:show", copy.step.name);
	return MORTISE_OK;
}

static int32_t register_webhook(struct mortise_registrar *reg, const char *provider,
	const struct mortise_webhook *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_to_provider(reg, provider, REG_WEBHOOK, "webhooks", given, &copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.webhook.handler, "webhook:%s",
		copy.webhook.name ? copy.webhook.name : copy.webhook.path);
	return MORTISE_OK;
}

static int32_t register_page(struct mortise_registrar *reg, const char *provider,
	const struct mortise_page *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_to_provider(reg, provider, REG_PAGE, "pages", given, &copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.page.data, "page:%s", copy.page.name);
	return MORTISE_OK;
}

static int32_t register_task(struct mortise_registrar *reg, const char *provider,
	const struct mortise_task *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_to_provider(reg, provider, REG_TASK, "tasks", given, &copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.task.run, "task:%s", copy.task.name);
	return MORTISE_OK;
}

/* A registration that a provider has once, as its 'member'. */
static int add_single(struct mortise_registrar *reg, const char *provider, enum reg_kind kind,
	const char *member, const void *given, union reg_any *ret_copy, json_t **ret_provider)
{
	int ret = copy_checked(reg, provider, kind, given, ret_copy);

	if (ret < 0)
		return ret;
	*ret_provider = provider ? find_provider(reg, provider) : NULL;
	if (!*ret_provider)
		return no_such(reg, kind, "provider", provider);
	if (json_object_get(*ret_provider, member))
		return err_set(&reg->err, MORTISE_E_FIELD, "%s: provider \"%s\" has one already",
			reg_kind_name(kind), provider);
	json_object_set_new(*ret_provider, member, reg_fields_to_json(kind, ret_copy));
	return MORTISE_OK;
}

static int32_t register_repository_provider(struct mortise_registrar *reg, const char *provider,
	const struct mortise_repository_provider *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_single(reg, provider, REG_REPOSITORY_PROVIDER, "repository_provider", given,
		&copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.repository_provider.list, "repository:list");
	add_callback(reg, owner, copy.repository_provider.get, "repository:get");
	add_callback(reg, owner, copy.repository_provider.file, "repository:file");
	return MORTISE_OK;
}

static int32_t register_issue_provider(struct mortise_registrar *reg, const char *provider,
	const struct mortise_issue_provider *given)
{
	union reg_any copy;
	const struct mortise_issue_provider *issue = &copy.issue_provider;
	json_t *owner;
	int ret = add_single(reg, provider, REG_ISSUE_PROVIDER, "issue_provider", given, &copy,
		&owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, issue->form, "issue:form");
	add_callback(reg, owner, issue->create, "issue:create");
	add_callback(reg, owner, issue->get, "issue:get");
	add_callback(reg, owner, issue->linked, "issue:linked");
	add_callback(reg, owner, issue->search, "issue:search");
	add_callback(reg, owner, issue->comment_create, "issue:comment_create");
	add_callback(reg, owner, issue->comment_update, "issue:comment_update");
	add_callback(reg, owner, issue->status_out, "issue:status_out");
	add_callback(reg, owner, issue->assignee_out, "issue:assignee_out");
	add_callback(reg, owner, issue->status_action, "issue:status_action");
	return MORTISE_OK;
}

static int32_t register_config_form(struct mortise_registrar *reg, const char *provider,
	const struct mortise_config_form *given)
{
	union reg_any copy;
	json_t *owner;
	int ret = add_single(reg, provider, REG_CONFIG_FORM, "config_form", given, &copy, &owner);

	if (ret < 0)
		return ret;
	add_callback(reg, owner, copy.config_form.form, "config:form");
	add_callback(reg, owner, copy.config_form.save, "config:save");
	return MORTISE_OK;
}

const struct mortise_registry *registry_table(void)
{
	static const struct mortise_registry table = {
		.size = sizeof(table),
		.provider = register_provider,
		.setting = register_setting,
		.feature = register_feature,
		.credential = register_credential,
		.upstream = register_upstream,
		.step = register_step,
		.step_field = register_step_field,
		.arrival = register_arrival,
		.webhook = register_webhook,
		.webhook_signature = register_webhook_signature,
		.webhook_event = register_webhook_event,
		.webhook_reply = register_webhook_reply,
		.task = register_task,
		.repository_provider = register_repository_provider,
		.issue_provider = register_issue_provider,
		.config_form = register_config_form,
		.webhook_token = register_webhook_token,
		.page = register_page,
		.page_token = register_page_token,
	};

	return &table;
}

int registry_check(struct mortise_registrar *reg, struct err *err)
{
	json_t *provider;
	size_t i;

	if (reg->err.code != 0)
		return err_move(err, &reg->err);
	if (json_array_size(reg->providers) == 0)
		return err_set(err, MORTISE_E_FIELD,
			"load registered no provider: call registry->provider in it");
	json_array_foreach(reg->providers, i, provider) {
		int ret = reg_references_check(provider, err);

		if (ret < 0) {
			err_prefix(err, "provider \"%s\": ",
				text_in(json_object_get(provider, "provider"), "key"));
			return ret;
		}
	}
	return 0;
}

mortise_callback *registry_find(const struct mortise_registrar *reg, const char *provider,
	const char *callback)
{
	for (size_t i = 0; i < reg->callback_len; i++)
		if (strcmp(reg->callbacks[i].name, callback) == 0 &&
			strcmp(reg->callbacks[i].provider, provider) == 0)
			return reg->callbacks[i].run;
	return NULL;
}

int registry_max_calls(const struct mortise_registrar *reg)
{
	json_t *provider;
	size_t i;
	int max = 1;

	json_array_foreach(reg->providers, i, provider) {
		int calls = (int)json_integer_value(json_object_get(
			json_object_get(provider, "provider"), "max_calls"));

		if (calls == 0)
			calls = DEFAULT_MAX_CALLS;
		if (calls > max)
			max = calls;
	}
	return max;
}
