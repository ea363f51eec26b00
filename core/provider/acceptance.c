/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a host registered: checked and stored on the host-call pool, for that needs
 * the store, then put in force on the loop in one step.
 */
#include "config.h"
#include "core/provider/supervisor_private.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/plugin.h"
#include "core/storage/store.h"
#include "core/webhook/set.h"

/* On its way through the host-call pool. */
struct acceptance {
	struct providers *providers;
	char *plugin;
	uint64_t serial;
	struct frame hello;
	struct registration *registration;
	struct err err;
};

struct plugin_write {
	const char *name, *version, *text;
	int64_t now_us;
	int64_t generation;
};

static int write_plugin(struct tx *tx, void *arg, struct err *err)
{
	struct plugin_write *write = arg;

	return plugin_put(tx, write->name, write->version, write->text, write->now_us,
		&write->generation, err);
}

static int check_settings(const struct settings *settings,
	const struct registration *registration, struct err *err)
{
	for (size_t i = 0; i < registration->provider_len; i++) {
		int result = settings_check_provider(settings, &registration->providers[i], err);

		if (result < 0)
			return result;
	}
	return 0;
}

static int check_set(const struct webhook_set *set, struct err *err)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct webhook_plan *plan = &set->plans[i];

		if (plan->unusable && plan->unusable_code != MORTISE_E_SETTINGS)
			return err_set(err, plan->unusable_code, "provider \"%s\": webhook \"%s\": %s",
				set->provider->provider.key, plan->name, plan->unusable);
	}
	return 0;
}

/* Can its webhooks be made ready?  What only waits for a setting can wait. */
static int check_webhooks(struct daemon *daemon, struct registration *registration,
	struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < registration->provider_len; i++) {
		struct webhook_set *set;

		registration_ref(registration);
		set = webhook_set_new(daemon, &registration->providers[i]);
		result = check_set(set, err);
		webhook_set_unref(set);
	}
	return result;
}

static int accept_hello(struct acceptance *acceptance, struct err *err)
{
	struct daemon *daemon = acceptance->providers->daemon;
	cleanup_json json_t *json = NULL;
	cleanup_free char *text = NULL;
	cleanup(registration_unrefp) struct registration *registration = NULL;
	struct plugin_write write = {.name = acceptance->plugin, .now_us = clock_now_us()};
	int result = frame_parse(&acceptance->hello, &json, err);

	if (result == 0)
		result = registration_parse(json, 0, &registration, err);
	if (result == 0 && strcmp(registration->plugin, acceptance->plugin) != 0)
		result = err_set(err, MORTISE_E_FIELD, "it calls itself \"%s\", its note \"%s\"",
			registration->plugin, acceptance->plugin);
	if (result == 0)
		result = check_settings(daemon->settings, registration, err);
	if (result == 0)
		result = check_webhooks(daemon, registration, err);
	if (result < 0)
		return result;
	write.version = registration->version;
	write.text = text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	/* mortise-check has no store. */
	if (daemon->store)
		result = store_write(daemon->store, write_plugin, &write, err);
	if (result < 0) {
		err_prefix(err, "what it registered cannot be stored: ");
		return result;
	}
	registration->generation = write.generation;
	acceptance->registration = steal(&registration);
	return 0;
}

static void refuse_host(struct host *host, const char *reason);

/* Back on the loop. */
static void on_accepted(void *arg)
{
	struct acceptance *acceptance = arg;
	struct host *host = plugin_find_host(acceptance->providers, acceptance->plugin, acceptance->serial);

	if (host && acceptance->registration) {
		host->registration = steal(&acceptance->registration);
		host->accepted = true;
		acceptance_check_ready(host);
	} else if (host && acceptance->err.code == MORTISE_E_RETRY) {
		host_kill(host, HOST_END_FAULT, err_text(&acceptance->err));
	} else if (host) {
		refuse_host(host, err_text(&acceptance->err));
	}
	registration_unref(acceptance->registration);
	frame_clear(&acceptance->hello);
	err_clear(&acceptance->err);
	free(acceptance->plugin);
	free(acceptance);
}

/* On the host-call pool. */
static void run_acceptance(void *arg)
{
	struct acceptance *acceptance = arg;
	struct providers *providers = acceptance->providers;

	(void)accept_hello(acceptance, &acceptance->err);
	loop_post(providers->daemon->loop, on_accepted, acceptance);
	providers_work_done(providers);
}

/* The names in LACKING as one text; it comes before foreign code, so it is true. */
static char *join_lacking(const json_t *json)
{
	char *all = NULL;
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(json, "lacking"), i, name) {
		char *before = all;

		all = xasprintf("%s%s%s", before ? before : "", before ? " " : "",
			json_is_string(name) ? json_string_value(name) : "?");
		free(before);
	}
	return all;
}

int acceptance_take_lacking(struct host *host, struct frame *frame, struct err *err)
{
	struct plugin *plugin = host->plugin;
	cleanup_json json_t *json = NULL;
	char *lacking;

	if (host->said_lacking || host->said_hello || host->state != HOST_STARTING)
		return err_set(err, MORTISE_E_INTERNAL, "it said LACKING out of place");
	if (frame_parse(frame, &json, err) < 0)
		return err->code;
	host->said_lacking = true;
	lacking = join_lacking(json);
	log_warning("plugin.sandbox_lacking", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("lacking", lacking));
	pthread_mutex_lock(&plugin->providers->lock);
	free(plugin->lacking);
	plugin->lacking = lacking;
	pthread_mutex_unlock(&plugin->providers->lock);
	return 0;
}

int acceptance_take_hello(struct host *host, struct frame *frame, struct err *err)
{
	struct acceptance *acceptance;
	int result;

	if (host->said_hello || host->state != HOST_STARTING)
		return err_set(err, MORTISE_E_INTERNAL, "it said HELLO twice");
	host->said_hello = true;
	if (host->is_solo) {
		/* The same file as the host that was accepted. */
		host->accepted = true;
		frame_clear(frame);
		return 0;
	}
	acceptance = new(struct acceptance);
	acceptance->providers = host->plugin->providers;
	acceptance->plugin = xstrdup(host->plugin->name);
	acceptance->serial = host->serial;
	acceptance->hello = *frame;
	*frame = (struct frame){0};
	result = providers_submit(acceptance->providers, run_acceptance, acceptance, err);
	if (result < 0) {
		frame_clear(&acceptance->hello);
		free(acceptance->plugin);
		free(acceptance);
	}
	return result;
}

/* Two plugins that are in force may not share a key, a slug or a repository provider. */
static bool clashes(const struct reg_provider *a, const struct reg_provider *b)
{
	const char *one = a->has_repository_provider ? a->repository_provider.id : NULL;
	const char *other = b->has_repository_provider ? b->repository_provider.id : NULL;
	cleanup_free char *slug = reg_shared_slug(a, b);

	return strcmp(a->provider.key, b->provider.key) == 0 ||
		slug || (one && other && strcmp(one, other) == 0);
}

char *plugin_find_clash(const struct plugin *plugin, const struct registration *registration)
{
	for (struct plugin *other = plugin->providers->plugins; other; other = other->next)
		for (size_t i = 0; other != plugin && other->registration &&
			i < other->registration->provider_len; i++)
			for (size_t j = 0; j < registration->provider_len; j++)
				if (clashes(&other->registration->providers[i],
					&registration->providers[j]))
					return xasprintf("its provider \"%s\" has the key, slug or "
						"repository provider of \"%s\" in plugin \"%s\"; unload one "
						"of the two",
						registration->providers[j].provider.key,
						other->registration->providers[i].provider.key,
						other->name);
	return NULL;
}

/* The new set replaces the old in one step. */
void plugin_put_in_force(struct plugin *plugin, struct registration *registration_take)
{
	struct registration *before;

	pthread_mutex_lock(&plugin->providers->lock);
	before = plugin->registration;
	plugin->registration = registration_take;
	pthread_mutex_unlock(&plugin->providers->lock);
	registration_unref(before);
}

/* An accepted host takes over from the one before it. */
static void adopt(struct host *host)
{
	struct plugin *plugin = host->plugin;
	struct host *before = plugin->host;
	cleanup_free char *clash = plugin_find_clash(plugin, host->registration);

	if (clash) {
		refuse_host(host, clash);
		return;
	}
	plugin_take_incoming(plugin);
	plugin->incoming = NULL;
	plugin->host = host;
	plugin_put_in_force(plugin, steal(&host->registration));
	plugin_set_state(plugin, PLUGIN_READY, NULL);
	log_notice("plugin.ready", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("version", plugin->registration->version),
		LOG_INT("generation", plugin->registration->generation), LOG_INT("pid", host->pid),
		LOG_INT("elapsed_ms", host->ready_ms - host->started_ms), LOG_INT("down_ms",
			plugin->down_since_ms > 0 ? host->ready_ms - plugin->down_since_ms : 0));
	plugin->down_since_ms = 0;
	if (before)
		host_drain(before);
	if (before && plugin->solo)
		host_drain(plugin->solo);
	plugin_answer_change(plugin, 0, "ready");
	calls_pump(plugin);
}

void acceptance_check_ready(struct host *host)
{
	if (!host->said_ready || !host->accepted || host->state != HOST_STARTING)
		return;
	/* What it said before it was killed, when the operator wants it no more for instance,
	 * may come after that. */
	if (host->killed)
		return;
	loop_timer_free(steal(&host->timer));
	host->state = HOST_READY;
	host->ready_ms = clock_mono_ms();
	if (!host->is_solo) {
		adopt(host);
		return;
	}
	log_info("plugin.solo_ready", LOG_TEXT("plugin", host->plugin->name),
		LOG_INT("pid", host->pid));
	supervisor_call_left(host);
	calls_pump(host->plugin);
}

/* The plugin says no to itself, or we say no to it: a restart would not change that. */
static void refuse_host(struct host *host, const char *reason)
{
	struct plugin *plugin = host->plugin;
	bool replaces = plugin->host && plugin->host != host;

	host->refused = true;
	host_kill(host, HOST_END_WANTED, reason);
	log_error("plugin.refused", LOG_TEXT("plugin", plugin->name), LOG_TEXT("reason", reason));
	if (plugin->incoming == host)
		plugin->incoming = NULL;
	plugin_forget_incoming(plugin);
	/* After a reload that failed the old host goes on. */
	if (!replaces && !host->is_solo) {
		plugin_set_state(plugin, PLUGIN_REFUSED, reason);
		calls_fail_waiting(plugin, MORTISE_E_RETRY, reason);
	}
	plugin_answer_change(plugin, MORTISE_E_UNSUPPORTED, "plugin \"%s\" is refused: %s", plugin->name,
		reason);
}

int acceptance_take_refused(struct host *host, const struct frame *frame, struct err *err)
{
	cleanup_json json_t *json = NULL;
	const char *reason;

	if (host->state != HOST_STARTING)
		return err_set(err, MORTISE_E_INTERNAL, "it said REFUSED out of place");
	if (frame_parse(frame, &json, err) < 0)
		return err->code;
	reason = json_string_value(json_object_get(json, "reason"));
	refuse_host(host, reason ? reason : "it gave no reason");
	return 0;
}
