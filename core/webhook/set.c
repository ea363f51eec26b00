/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/webhook/set.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"

/* The set as others see it, and how many hold it. */
struct counted {
	struct webhook_set set;
	atomic_size_t references;
};

/* ---- Making ---- */

/* What a plan is made from. */
struct making {
	struct daemon *daemon;
	const struct reg_provider *provider;
	const struct reg_webhook *registered;
	struct webhook_plan *plan;
};

/* An expression may stand in a setting; an empty one is none. */
static int parse(const struct making *making, const char *value,
	struct expression **ret_expression, struct err *err)
{
	cleanup_free char *text = provider_value(making->daemon, making->provider, value);

	if (!text || !text[0])
		return 0;
	return expression_parse(text, making->plan->scanner, ret_expression, err);
}

/* The registered signatures, with the header and prefix that settings name. */
static void fill_signatures(const struct making *making)
{
	const struct reg_webhook *registered = making->registered;
	struct webhook_plan *plan = making->plan;

	plan->filled = *registered;
	plan->filled.signatures = xcalloc(registered->signature_len,
		sizeof(*plan->filled.signatures));
	plan->reg = &plan->filled;
	for (size_t i = 0; i < registered->signature_len; i++) {
		struct mortise_signature *signature = &plan->filled.signatures[i];
		const struct mortise_signature *given = &registered->signatures[i];

		*signature = *given;
		signature->header = provider_value(making->daemon, making->provider, given->header);
		signature->prefix = provider_value(making->daemon, making->provider, given->prefix);
	}
}

static int check_signatures(const struct making *making, struct err *err)
{
	const struct reg_webhook *filled = &making->plan->filled;

	for (size_t i = 0; i < filled->signature_len; i++)
		if (!filled->signatures[i].header || !filled->signatures[i].header[0])
			return err_set(err, MORTISE_E_SETTINGS,
				"the header of its signature is not known: set providers.%s.%s",
				making->provider->provider.key,
				making->registered->signatures[i].header + strlen("setting:"));
	return 0;
}

/* Split at slashes, in place; empty parts do not count.  False: too many. */
static bool split(char *text, char **ret_segments, size_t *ret_len)
{
	char *at = NULL;
	size_t len = 0;

	for (char *part = strtok_r(text, "/", &at); part; part = strtok_r(NULL, "/", &at)) {
		if (len == WEBHOOK_SEGMENTS_MAX)
			return false;
		ret_segments[len++] = part;
	}
	*ret_len = len;
	return true;
}

static int split_path(struct webhook_plan *plan, struct err *err)
{
	cleanup_free char *text = xstrdup(plan->reg->webhook.path);
	char *parts[WEBHOOK_SEGMENTS_MAX];
	size_t len;

	if (!split(text, parts, &len))
		return err_set(err, MORTISE_E_LIMIT, "its path has more than %d segments",
			WEBHOOK_SEGMENTS_MAX);
	for (; plan->segment_len < len; plan->segment_len++)
		plan->segments[plan->segment_len] = xstrdup(parts[plan->segment_len]);
	return 0;
}

/* Where its keys lie. */
static void fill_slots(struct webhook_plan *plan)
{
	const struct reg_webhook *reg = plan->reg;

	if (reg->webhook.scheme != MORTISE_SCHEME_JWT) {
		plan->slots[0] = reg->webhook.key;
		plan->slot_len = 1;
		return;
	}
	for (size_t i = 0; i < reg->token_len && i < TOKEN_REGISTERED_MAX; i++) {
		bool is_fetched = webhook_is_slot(reg->tokens[i].key, "url:");

		plan->slots[plan->slot_len++] = is_fetched ? NULL : reg->tokens[i].key;
	}
}

/* Are the files of its keys named?  Only what needs no reading of files. */
static bool is_configured(const struct making *making)
{
	static const char prefix[] = "provider:";
	const struct webhook_plan *plan = making->plan;

	if (plan->unusable)
		return false;
	if (!webhook_has_slot(plan, prefix))
		return provider_configured(making->daemon, making->provider);
	for (size_t i = 0; i < plan->slot_len; i++) {
		cleanup_free char *setting = NULL, *file = NULL;

		if (!webhook_is_slot(plan->slots[i], prefix))
			continue;
		setting = xasprintf("%s_file", plan->slots[i] + strlen(prefix));
		file = settings_provider_text(making->daemon->settings,
			making->provider->provider.key, setting);
		if (!file || !*file)
			return false;
	}
	return true;
}

static int fill_plan(const struct making *making, struct err *err)
{
	const struct mortise_webhook *webhook = &making->registered->webhook;
	struct webhook_plan *plan = making->plan;
	int result = split_path(plan, err);

	if (result == 0)
		result = check_signatures(making, err);
	if (result == 0)
		result = parse(making, webhook->event, &plan->event, err);
	if (result == 0)
		result = parse(making, webhook->delivery_id, &plan->delivery_id, err);
	if (result == 0)
		result = parse(making, webhook->subject, &plan->subject, err);
	if (result == 0)
		result = parse(making, webhook->bind_left, &plan->bind_left, err);
	if (result == 0)
		result = parse(making, webhook->bind_right, &plan->bind_right, err);
	if (result == 0)
		result = parse(making, webhook->object, &plan->object, err);
	return result;
}

/* What cannot be used, through a wrong setting for instance, keeps its place and says why. */
static void make_plan(const struct making *making)
{
	const struct mortise_webhook *webhook = &making->registered->webhook;
	struct webhook_plan *plan = making->plan;
	cleanup_err struct err err = {0};

	plan->name = webhook->name ? webhook->name : webhook->path;
	plan->scanner = scanner_plan_new();
	fill_signatures(making);
	fill_slots(plan);
	plan->unusable_code = fill_plan(making, &err);
	if (plan->unusable_code < 0)
		plan->unusable = xstrdup(err_text(&err));
	plan->configured = is_configured(making);
}

struct webhook_set *webhook_set_new(struct daemon *daemon,
	const struct reg_provider *provider_take)
{
	struct counted *counted = new(struct counted);
	struct webhook_set *set = &counted->set;

	atomic_init(&counted->references, 1);
	set->provider = provider_take;
	set->len = set->provider->webhook_len;
	set->plans = xcalloc(set->len + 1, sizeof(*set->plans));
	for (size_t i = 0; i < set->len; i++)
		make_plan(&(struct making){daemon, set->provider, &set->provider->webhooks[i],
			&set->plans[i]});
	return set;
}

static void clear_plan(struct webhook_plan *plan)
{
	for (size_t i = 0; i < plan->filled.signature_len; i++) {
		free((char *)(uintptr_t)plan->filled.signatures[i].header);
		free((char *)(uintptr_t)plan->filled.signatures[i].prefix);
	}
	free(plan->filled.signatures);
	free(plan->unusable);
	expression_free(plan->event);
	expression_free(plan->delivery_id);
	expression_free(plan->subject);
	expression_free(plan->bind_left);
	expression_free(plan->bind_right);
	expression_free(plan->object);
	scanner_plan_free(plan->scanner);
	for (size_t i = 0; i < plan->segment_len; i++)
		free(plan->segments[i]);
}

struct webhook_set *webhook_set_ref(struct webhook_set *set)
{
	atomic_fetch_add(&((struct counted *)set)->references, 1);
	return set;
}

void webhook_set_unref(struct webhook_set *set)
{
	struct counted *counted = (struct counted *)set;

	if (!set || atomic_fetch_sub(&counted->references, 1) > 1)
		return;
	for (size_t i = 0; i < set->len; i++)
		clear_plan(&set->plans[i]);
	free(set->plans);
	registration_unref(set->provider->registration);
	free(counted);
}

void webhook_set_unrefp(struct webhook_set **set)
{
	webhook_set_unref(*set);
}

/* ---- Finding ---- */

static bool is_open(const char *segment)
{
	return segment[0] == '{';
}

static bool path_fits(const struct webhook_plan *plan, char *const *segments, size_t len)
{
	if (plan->segment_len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_open(plan->segments[i]) && strcmp(plan->segments[i], segments[i]) != 0)
			return false;
	return true;
}

bool webhook_is_slot(const char *slot, const char *prefix)
{
	return slot && strncmp(slot, prefix, strlen(prefix)) == 0;
}

bool webhook_has_slot(const struct webhook_plan *plan, const char *prefix)
{
	for (size_t i = 0; i < plan->slot_len; i++)
		if (webhook_is_slot(plan->slots[i], prefix))
			return true;
	return false;
}

const char *webhook_methods(const struct webhook_plan *plan)
{
	return plan->reg->webhook.methods ? plan->reg->webhook.methods : "POST";
}

static bool has_method(const struct webhook_plan *plan, const char *method)
{
	size_t size = strlen(method);

	for (const char *at = webhook_methods(plan); *at;) {
		size_t skip = strspn(at, ", ");
		size_t word = strcspn(at + skip, ", ");

		if (word == size && memcmp(at + skip, method, size) == 0)
			return true;
		at += skip + word;
	}
	return false;
}

enum webhook_match webhook_set_find(const struct webhook_set *set, const char *method,
	const char *rest, struct webhook_path *ret_path)
{
	enum webhook_match match = WEBHOOK_NO_PATH;
	size_t len;

	*ret_path = (struct webhook_path){.storage = xstrdup(rest)};
	if (!split(ret_path->storage, ret_path->segments, &len))
		return WEBHOOK_NO_PATH;
	for (size_t i = 0; i < set->len && match != WEBHOOK_FOUND; i++) {
		if (!path_fits(&set->plans[i], ret_path->segments, len))
			continue;
		ret_path->plan = &set->plans[i];
		match = has_method(ret_path->plan, method) ? WEBHOOK_FOUND : WEBHOOK_NO_METHOD;
	}
	return match;
}

void webhook_path_clear(struct webhook_path *path)
{
	free(path->storage);
	*path = (struct webhook_path){0};
}

const char *webhook_path_value(const struct webhook_path *path, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < path->plan->segment_len; i++) {
		const char *segment = path->plan->segments[i];

		if (is_open(segment) && strncmp(segment + 1, name, size) == 0 &&
			strcmp(segment + 1 + size, "}") == 0)
			return path->segments[i];
	}
	return NULL;
}

const struct mortise_event *webhook_event(const struct webhook_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->reg->event_len; i++)
		if (strcmp(plan->reg->events[i].name, name) == 0)
			return &plan->reg->events[i];
	return NULL;
}

bool webhook_may_keep(const struct webhook_plan *plan, const char *header)
{
	static const char *const never[] = {"Authorization", "Proxy-Authorization", "Cookie"};

	for (size_t i = 0; i < lengthof(never); i++)
		if (strcasecmp(never[i], header) == 0)
			return false;
	for (size_t i = 0; i < plan->reg->signature_len; i++)
		if (strcasecmp(plan->reg->signatures[i].header, header) == 0)
			return false;
	return true;
}
