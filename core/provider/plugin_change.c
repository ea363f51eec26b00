/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the operator changes, and start and stop: one function for each, on the loop.
 * It answers its change at once or leaves it with the plugin until a host is ready.
 */
#include "config.h"
#include "core/provider/supervisor_private.h"

#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"

static struct plugin *find_plugin(struct providers *providers, const char *name)
{
	struct plugin *plugin = providers->plugins;

	while (plugin && strcmp(plugin->name, name) != 0)
		plugin = plugin->next;
	return plugin;
}

/* A plugin that can be changed now; else the change is answered. */
static struct plugin *take_plugin(struct change *change)
{
	struct plugin *plugin = find_plugin(change->providers, change->name);

	if (change->providers->stopping)
		change_fail(change, MORTISE_E_RETRY, "%s: the daemon is stopping", change->name);
	else if (!plugin)
		change_fail(change, MORTISE_E_NOT_FOUND,
			"plugin \"%s\" is not loaded; load it with `mortisectl plugin load`", change->name);
	else if (plugin->change)
		change_fail(change, MORTISE_E_CONFLICT,
			"plugin \"%s\" is being changed already; try again when that has ended",
			change->name);
	else
		return plugin;
	return NULL;
}

static void link_plugin(struct providers *providers, struct plugin *plugin)
{
	struct plugin **at = &providers->plugins;

	pthread_mutex_lock(&providers->lock);
	while (*at && strcmp((*at)->name, plugin->name) < 0)
		at = &(*at)->next;
	plugin->next = *at;
	*at = plugin;
	pthread_mutex_unlock(&providers->lock);
}

static void unlink_plugin(struct providers *providers, struct plugin *plugin)
{
	struct plugin **at = &providers->plugins;

	pthread_mutex_lock(&providers->lock);
	while (*at != plugin)
		at = &(*at)->next;
	*at = plugin->next;
	pthread_mutex_unlock(&providers->lock);
	plugin->next = providers->retired;
	providers->retired = plugin;
	plugin->retired = true;
}

static void retire(struct plugin *plugin)
{
	unlink_plugin(plugin->providers, plugin);
	plugin_answer_change(plugin, MORTISE_E_CONFLICT, "plugin \"%s\" was unloaded", plugin->name);
	calls_fail_waiting(plugin, MORTISE_E_RETRY, "it was unloaded");
	plugin_drain(plugin);
	plugin_free_if_last(plugin);
}

static struct plugin *new_plugin(struct change *change)
{
	struct plugin *plugin = new(struct plugin);

	plugin->providers = change->providers;
	plugin->name = xstrdup(change->name);
	plugin->path = xstrdup(change->path);
	plugin->fd = change->fd;
	plugin->incoming_fd = -1;
	change->fd = -1;
	return plugin;
}

/* A plugin that nobody has yet: from what it registered last it is in force at once. */
void supervisor_load(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = find_plugin(change->providers, change->name);
	cleanup_free char *clash = NULL;

	if (change->providers->stopping) {
		change_fail(change, MORTISE_E_RETRY, "%s: the daemon is stopping", change->name);
		return;
	}
	if (plugin && plugin->state != PLUGIN_REFUSED) {
		change_fail(change, MORTISE_E_CONFLICT,
			"plugin \"%s\" is loaded; `mortisectl plugin reload` takes a new file",
			change->name);
		return;
	}
	if (plugin)
		retire(plugin);
	plugin = new_plugin(change);
	link_plugin(change->providers, plugin);
	plugin->change = change;
	if (change->stored)
		clash = plugin_find_clash(plugin, change->stored);
	if (change->stored && !clash)
		plugin_put_in_force(plugin, registration_ref(change->stored));
	if (plugin->fd < 0) {
		log_error("plugin.refused", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", change->refusal));
		plugin_set_state(plugin, PLUGIN_REFUSED, change->refusal);
		plugin_answer_change(plugin, MORTISE_E_UNSUPPORTED, "%s", plugin->reason);
	} else if (!change->enabled) {
		log_notice("plugin.disabled", LOG_TEXT("plugin", plugin->name));
		plugin_set_state(plugin, PLUGIN_DISABLED, "disabled by the operator");
		plugin_answer_change(plugin, 0, "disabled");
	} else {
		plugin_start_host(plugin);
	}
}

void supervisor_unload(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);

	if (!plugin)
		return;
	log_notice("plugin.unloaded", LOG_TEXT("plugin", plugin->name));
	retire(plugin);
	change_finish(change, NULL);
}

/* Start over with the file of 'change', whatever was before. */
static void start_anew(struct plugin *plugin, struct change *change)
{
	plugin_drain(plugin);
	plugin_forgive(plugin);
	if (plugin->fd >= 0)
		close(plugin->fd);
	plugin->fd = change->fd;
	change->fd = -1;
	plugin->change = change;
	plugin_set_state(plugin, PLUGIN_STARTING, NULL);
	plugin_start_host(plugin);
}

void supervisor_reload(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);
	struct err err = {0};

	if (!plugin)
		return;
	if (plugin->state == PLUGIN_DISABLED) {
		change_fail(change, MORTISE_E_CONFLICT, "plugin \"%s\" is disabled; enable it",
			change->name);
		return;
	}
	if (!plugin->host && !plugin->incoming) {
		start_anew(plugin, change);
		return;
	}
	if (plugin->incoming) {
		/* The host under way has the old file: the new one takes its place. */
		host_kill(plugin->incoming, HOST_END_WANTED, "another file replaced it");
		plugin->incoming = NULL;
	}
	plugin_forget_incoming(plugin);
	plugin->incoming_fd = change->fd;
	change->fd = -1;
	plugin->incoming = plugin_spawn_host(plugin, plugin->incoming_fd, false, &err);
	if (plugin->incoming) {
		plugin->change = change;
		return;
	}
	plugin_forget_incoming(plugin);
	change_finish(change, &err);
}

void supervisor_enable(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);

	if (!plugin)
		return;
	plugin_forgive(plugin);
	if (plugin->host) {
		change_finish(change, NULL);
		return;
	}
	log_notice("plugin.enabled", LOG_TEXT("plugin", plugin->name));
	if (plugin->incoming) {
		plugin->change = change;
		return;
	}
	start_anew(plugin, change);
}

void supervisor_disable(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);

	if (!plugin)
		return;
	log_notice("plugin.disabled", LOG_TEXT("plugin", plugin->name));
	plugin_drain(plugin);
	plugin_forgive(plugin);
	plugin_set_state(plugin, PLUGIN_DISABLED, "disabled by the operator");
	calls_fail_waiting(plugin, MORTISE_E_RETRY, "it is disabled");
	change_finish(change, NULL);
}

/* Everything ends: waiting calls now, hosts in good order or after a short while. */
void supervisor_stop(void *arg)
{
	struct change *change = arg;
	struct providers *providers = change->providers;

	providers->stopping = true;
	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next) {
		plugin_answer_change(plugin, MORTISE_E_RETRY, "the daemon is stopping");
		calls_fail_waiting(plugin, MORTISE_E_RETRY, "the daemon is stopping");
		loop_timer_free(steal(&plugin->restart_timer));
		for (struct host *host = plugin->hosts; host; host = host->next)
			if (host->state == HOST_STARTING)
				host_kill(host, HOST_END_WANTED, "the daemon is stopping");
			else
				host_stop(host);
	}
	for (struct plugin *plugin = providers->retired; plugin; plugin = plugin->next)
		for (struct host *host = plugin->hosts; host; host = host->next)
			host_stop(host);
	if (providers_have_hosts(providers))
		providers->stop = change;
	else
		change_finish(change, NULL);
}
