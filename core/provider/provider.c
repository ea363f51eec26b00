/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The registry of plugins for all threads, and what the operator changes in it.  The
 * file is opened and checked on the caller's thread; everything else happens on the
 * loop (supervisor.c), and the caller waits.
 */
#include "config.h"
#include "core/provider/provider.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/plugin_note.h"
#include "core/provider/provider_private.h"
#include "core/provider/recorder.h"
#include "core/storage/plugin.h"
#include "core/storage/store.h"

#define PLUGINS_MAX 64
#define CACHE_SIZE ((size_t)4 << 20)   /* of each provider */

/* ---- Work on the host-call pool ---- */

int providers_submit(struct providers *providers, void (*fn)(void *arg), void *arg,
	struct err *err)
{
	int result;

	pthread_mutex_lock(&providers->lock);
	providers->works++;
	pthread_mutex_unlock(&providers->lock);
	result = pool_submit(providers->daemon->host_call_pool, fn, arg, err);
	if (result < 0)
		providers_work_done(providers);
	return result;
}

void providers_work_done(struct providers *providers)
{
	pthread_mutex_lock(&providers->lock);
	if (--providers->works == 0)
		pthread_cond_broadcast(&providers->idle);
	pthread_mutex_unlock(&providers->lock);
}

/* ---- Changes ---- */

static void change_init(struct change *change, struct providers *providers, const char *name)
{
	*change = (struct change){.providers = providers, .fd = -1, .enabled = true};
	change->name = xstrdup(name);
	change->path = xasprintf("%s/%s.so", providers->daemon->settings->plugin_dir, name);
	pthread_mutex_init(&change->lock, NULL);
	pthread_cond_init(&change->changed, NULL);
}

static void change_done(struct change *change)
{
	if (change->fd >= 0)
		close(change->fd);
	registration_unref(change->stored);
	pthread_cond_destroy(&change->changed);
	pthread_mutex_destroy(&change->lock);
	err_clear(&change->err);
	free(change->refusal);
	free(change->name);
	free(change->path);
}
#define cleanup_change __attribute__((__cleanup__(change_done)))
#define NO_CHANGE ((struct change){.fd = -1})

void change_finish(struct change *change, struct err *err)
{
	pthread_mutex_lock(&change->lock);
	change->code = err ? err_move(&change->err, err) : 0;
	change->done = true;
	pthread_cond_broadcast(&change->changed);
	pthread_mutex_unlock(&change->lock);
}

static int change_wait(struct change *change, struct err *err)
{
	pthread_mutex_lock(&change->lock);
	while (!change->done)
		pthread_cond_wait(&change->changed, &change->lock);
	pthread_mutex_unlock(&change->lock);
	return change->code == 0 ? 0 : err_move(err, &change->err);
}

static int change_run(struct change *change, void (*fn)(void *arg), struct err *err)
{
	loop_post(change->providers->daemon->loop, fn, change);
	return change_wait(change, err);
}

/* A name that stays inside plugin_dir. */
static int check_name(const char *name, struct err *err)
{
	if (name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name))
		return 0;
	return err_set(err, MORTISE_E_FIELD,
		"\"%.64s\" is no name of a plugin: give the file's name without folder and \".so\"", name);
}

/* Open and check the file of a change. */
static int open_file(struct change *change, struct err *err)
{
	struct plugin_note note;
	int result = plugin_note_open(change->path, &change->fd, &note, err);

	if (result == 0 && strcmp(note.name, change->name) != 0) {
		close(change->fd);
		change->fd = -1;
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s.so: its note says that it is plugin \"%s\": name the file %s.so",
			change->name, note.name, note.name);
	}
	return result;
}

struct plugin_read {
	const char *name;
	struct plugin_row row;
};

static int read_plugin(struct tx *tx, void *arg, struct err *err)
{
	struct plugin_read *read = arg;

	plugin_row_clear(&read->row);
	return plugin_get(tx, read->name, &read->row, err);
}

/* What it registered last, and whether it is enabled.  A set that this version cannot
 * read is left out: the host will register it anew. */
static void read_stored(struct change *change)
{
	struct plugin_read read = {.name = change->name};
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = NULL;

	if (!change->providers->daemon->store)
		return;
	if (store_read(change->providers->daemon->store, read_plugin, &read, &err) == 0) {
		change->enabled = read.row.enabled;
		json = json_loads(read.row.registration, 0, NULL);
		if (!json || registration_parse(json, read.row.generation, &change->stored, &err) < 0)
			log_warning("plugin.stored_unreadable", LOG_TEXT("plugin", change->name),
				LOG_TEXT("reason", err_text(&err)));
	} else if (err.code != MORTISE_E_NOT_FOUND) {
		log_warning("plugin.stored_unreadable", LOG_TEXT("plugin", change->name),
			LOG_TEXT("reason", err_text(&err)));
	}
	plugin_row_clear(&read.row);
}

/* ---- Start and stop ---- */

struct providers *providers_new(struct daemon *daemon)
{
	struct providers *providers = new(struct providers);

	providers->daemon = daemon;
	providers->cache = host_cache_new(CACHE_SIZE);
	providers->limits = (struct provider_limits){
		.ready_ms = 10 * 1000,
		.hang_ms = 5 * 1000,
		.drain_ms = 60 * 1000,
		.stop_ms = 5 * 1000,
		.first_delay_ms = 2 * 1000,
		.cpu_percent = 25,
		.cpu_ms = 1000,
		.waiting_max = 256,
	};
	pthread_mutex_init(&providers->lock, NULL);
	pthread_cond_init(&providers->idle, NULL);
	return providers;
}

static int is_shared_object(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && strcmp(dot, ".so") == 0;
}

/* The names of all plugins in plugin_dir, without ".so". */
static int list_folder(const char *folder, char **names, size_t *ret_len, struct err *err)
{
	struct dirent **entries = NULL;
	int len = scandir(folder, &entries, is_shared_object, alphasort);

	if (len < 0)
		return err_set(err, MORTISE_E_SETTINGS, "plugin_dir \"%s\" cannot be read: %s", folder,
			strerror(errno));
	for (int i = 0; i < len; i++) {
		if (i < PLUGINS_MAX)
			names[(*ret_len)++] = xstrndup(entries[i]->d_name,
				strlen(entries[i]->d_name) - strlen(".so"));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static int list_plugins(const struct settings *settings, char **names, size_t *ret_len,
	struct err *err)
{
	*ret_len = 0;
	if (!settings->plugins || !settings->plugins[0])
		return list_folder(settings->plugin_dir, names, ret_len, err);
	for (size_t i = 0; settings->plugins[i] && i < PLUGINS_MAX; i++)
		names[(*ret_len)++] = xstrdup(settings->plugins[i]);
	return 0;
}

/* Refused, disabled or not: each is listed, with its reason. */
static void begin_load(struct change *change)
{
	cleanup_err struct err err = {0};

	if (check_name(change->name, &err) < 0 || open_file(change, &err) < 0)
		change->refusal = xstrdup(err_text(&err));
	else
		read_stored(change);
	loop_post(change->providers->daemon->loop, supervisor_load, change);
}

int providers_start(struct providers *providers, struct err *err)
{
	char *names[PLUGINS_MAX];
	struct change *changes;
	size_t len;
	int result = list_plugins(providers->daemon->settings, names, &len, err);

	if (result < 0)
		return result;
	changes = xcalloc(len, sizeof(*changes));
	for (size_t i = 0; i < len; i++) {
		change_init(&changes[i], providers, names[i]);
		begin_load(&changes[i]);
	}
	for (size_t i = 0; i < len; i++) {
		/* The supervisor has logged why, and goes on without it. */
		(void)change_wait(&changes[i], NULL);
		change_done(&changes[i]);
		free(names[i]);
	}
	free(changes);
	return 0;
}

static void finish_barrier(void *arg)
{
	change_finish(arg, NULL);
}

void providers_stop(struct providers *providers)
{
	cleanup_change struct change stop = NO_CHANGE, barrier = NO_CHANGE;

	recorder_end(providers);
	change_init(&stop, providers, "");
	change_init(&barrier, providers, "");
	(void)change_run(&stop, supervisor_stop, NULL);
	pthread_mutex_lock(&providers->lock);
	while (providers->works > 0)
		pthread_cond_wait(&providers->idle, &providers->lock);
	pthread_mutex_unlock(&providers->lock);
	/* What that work has posted runs before this. */
	(void)change_run(&barrier, finish_barrier, NULL);
}

void providers_free(struct providers *providers)
{
	if (!providers)
		return;
	while (providers->plugins) {
		struct plugin *plugin = providers->plugins;

		providers->plugins = plugin->next;
		plugin_free(plugin);
	}
	host_cache_free(providers->cache);
	pthread_cond_destroy(&providers->idle);
	pthread_mutex_destroy(&providers->lock);
	free(providers);
}

/* ---- Looking up ---- */

typedef bool has_fn(const struct reg_provider *provider, const char *name);

static bool has_key(const struct reg_provider *provider, const char *key)
{
	return strcmp(provider->provider.key, key) == 0;
}

static const struct reg_provider *find_by(struct providers *providers, has_fn *has, const char *name,
	enum plugin_state *ret_state)
{
	const struct reg_provider *found = NULL;

	pthread_mutex_lock(&providers->lock);
	for (struct plugin *plugin = providers->plugins; plugin && !found; plugin = plugin->next)
		for (size_t i = 0; plugin->registration && !found &&
			i < plugin->registration->provider_len; i++)
			if (has(&plugin->registration->providers[i], name)) {
				found = &plugin->registration->providers[i];
				registration_ref(plugin->registration);
				*ret_state = plugin->state;
			}
	pthread_mutex_unlock(&providers->lock);
	return found;
}

const struct reg_provider *providers_find(struct providers *providers, const char *key)
{
	enum plugin_state state;
	const struct reg_provider *found = find_by(providers, has_key, key, &state);

	return found ? found : find_by(providers, reg_has_slug, key, &state);
}

const struct reg_provider *providers_find_slug(struct providers *providers, const char *slug)
{
	enum plugin_state state;

	return find_by(providers, reg_has_slug, slug, &state);
}

bool providers_runnable(struct providers *providers, const char *key)
{
	enum plugin_state state;
	const struct reg_provider *found = find_by(providers, has_key, key, &state);

	if (!found)
		return false;
	registration_unref(found->registration);
	return state == PLUGIN_STARTING || state == PLUGIN_READY || state == PLUGIN_RESTARTING;
}

static int compare_keys(const void *a, const void *b)
{
	const struct reg_provider *const *one = a, *const *other = b;

	return strcmp((*one)->provider.key, (*other)->provider.key);
}

const struct reg_provider **providers_all(struct providers *providers, size_t *ret_len)
{
	const struct reg_provider **all;
	size_t len = 0;

	pthread_mutex_lock(&providers->lock);
	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next)
		len += plugin->registration ? plugin->registration->provider_len : 0;
	all = xcalloc(len, sizeof(*all));
	len = 0;
	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next)
		for (size_t i = 0; plugin->registration && i < plugin->registration->provider_len; i++) {
			all[len++] = &plugin->registration->providers[i];
			registration_ref(plugin->registration);
		}
	pthread_mutex_unlock(&providers->lock);
	if (len > 0)
		qsort(all, len, sizeof(*all), compare_keys);
	*ret_len = len;
	return all;
}

/* ---- Settings ---- */

char *provider_setting(struct daemon *daemon, const struct reg_provider *provider,
	const char *name)
{
	const struct mortise_setting *setting = reg_setting(provider, name);
	cleanup_free char *text = NULL;

	if (!setting || (setting->flags & MORTISE_SETTING_SECRET))
		return NULL;
	text = settings_provider_text(daemon->settings, provider->provider.key, name);
	return text && text[0] ? steal(&text) : xstrdup(setting->default_value);
}

char *provider_value(struct daemon *daemon, const struct reg_provider *provider,
	const char *value)
{
	static const char prefix[] = "setting:";

	if (value && strncmp(value, prefix, sizeof(prefix) - 1) == 0)
		return provider_setting(daemon, provider, value + sizeof(prefix) - 1);
	return xstrdup(value);
}

static bool is_set(struct daemon *daemon, const struct reg_provider *provider,
	const struct mortise_setting *setting)
{
	cleanup_free char *text = NULL;

	if (setting->flags & MORTISE_SETTING_SECRET) {
		cleanup_free char *file = xasprintf("%s_file", setting->name);

		text = settings_provider_text(daemon->settings, provider->provider.key, file);
	} else {
		text = provider_setting(daemon, provider, setting->name);
	}
	return text && text[0];
}

const char *provider_unset(struct daemon *daemon, const struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->setting_len; i++)
		if ((provider->settings[i].flags & MORTISE_SETTING_REQUIRED) &&
			!is_set(daemon, provider, &provider->settings[i]))
			return provider->settings[i].name;
	return NULL;
}

bool provider_configured(struct daemon *daemon, const struct reg_provider *provider)
{
	return !provider_unset(daemon, provider);
}

/* ---- For the operator ---- */

static json_t *describe(const struct plugin *plugin)
{
	json_t *keys = json_array();
	cleanup_free char *sandbox = plugin->lacking ?
		xasprintf("without %s", plugin->lacking) : xstrdup("whole");

	for (size_t i = 0; plugin->registration && i < plugin->registration->provider_len; i++)
		json_array_append_new(keys,
			json_string(plugin->registration->providers[i].provider.key));
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:s, s:I, s:s}", "name", plugin->name, "file",
		plugin->path, "version", plugin->registration ? plugin->registration->version : "",
		"state", plugin_state_name(plugin->state), "pid", (json_int_t)plugin->pid,
		"generation",
		(json_int_t)(plugin->registration ? plugin->registration->generation : 0),
		"providers", keys, "reason", plugin->reason ? plugin->reason : "", "deaths",
		(json_int_t)plugin->death_len, "sandbox", sandbox);
}

json_t *providers_describe(struct providers *providers)
{
	json_t *list = json_array();

	pthread_mutex_lock(&providers->lock);
	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next)
		json_array_append_new(list, describe(plugin));
	pthread_mutex_unlock(&providers->lock);
	return list;
}

int providers_load(struct providers *providers, const char *name, struct err *err)
{
	cleanup_change struct change change = NO_CHANGE;
	int result = check_name(name, err);

	if (result < 0)
		return result;
	change_init(&change, providers, name);
	result = open_file(&change, err);
	if (result < 0)
		return result;
	read_stored(&change);
	return change_run(&change, supervisor_load, err);
}

int providers_unload(struct providers *providers, const char *name, struct err *err)
{
	cleanup_change struct change change = NO_CHANGE;

	change_init(&change, providers, name);
	return change_run(&change, supervisor_unload, err);
}

int providers_reload(struct providers *providers, const char *name, struct err *err)
{
	cleanup_change struct change change = NO_CHANGE;
	int result = check_name(name, err);

	if (result < 0)
		return result;
	change_init(&change, providers, name);
	result = open_file(&change, err);
	return result < 0 ? result : change_run(&change, supervisor_reload, err);
}

struct enabled_write {
	const char *name;
	bool enabled;
	int64_t now_us;
};

static int write_enabled(struct tx *tx, void *arg, struct err *err)
{
	const struct enabled_write *write = arg;

	return plugin_set_enabled(tx, write->name, write->enabled, write->now_us, err);
}

int providers_set_enabled(struct providers *providers, const char *name, bool enabled,
	struct err *err)
{
	cleanup_change struct change change = NO_CHANGE;
	struct enabled_write write = {.name = name, .enabled = enabled, .now_us = clock_now_us()};
	int result = check_name(name, err);

	if (result < 0)
		return result;
	change_init(&change, providers, name);
	if (enabled)
		result = open_file(&change, err);
	if (result == 0)
		result = store_write(providers->daemon->store, write_enabled, &write, err);
	if (result < 0)
		return result;
	return change_run(&change, enabled ? supervisor_enable : supervisor_disable, err);
}
