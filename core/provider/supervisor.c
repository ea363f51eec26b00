/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The life of a plugin, on the loop thread: its host is started, says what it
 * registered, takes calls, is replaced on reload, and is started again when it dies,
 * until it died too often.  What it registered is checked and stored on the host-call
 * pool, for that needs the store.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/plugin.h"
#include "core/storage/store.h"

#define SOLO_IDLE_MS (INT64_C(60) * 1000)
#define LAST_DELAY_MS (INT64_C(60) * 1000)     /* of restarts */
/* A host that was ready for so long has made good for earlier deaths. */
#define STABLE_MS (INT64_C(60) * 1000)
#define REASON_MAX_SIZE ((size_t)64 << 10)
/* HOST_EXIT_MEMORY of host/lockdown.h: the memory limit was reached. */
#define EXIT_MEMORY 5

static struct loop *loop_of(struct plugin *plugin)
{
	return plugin->providers->daemon->loop;
}

const char *plugin_state_name(enum plugin_state state)
{
	static const char *const names[] = {
		[PLUGIN_STARTING] = "starting",
		[PLUGIN_READY] = "ready",
		[PLUGIN_RESTARTING] = "restarting",
		[PLUGIN_QUARANTINED] = "quarantined",
		[PLUGIN_DISABLED] = "disabled",
		[PLUGIN_REFUSED] = "refused",
	};

	return names[state];
}

/* The one function that moves a plugin to another state.  'reason' may be NULL. */
static void set_state(struct plugin *plugin, enum plugin_state state, const char *reason)
{
	char *copy = xstrdup(reason);

	pthread_mutex_lock(&plugin->providers->lock);
	plugin->state = state;
	free(plugin->reason);
	plugin->reason = copy;
	plugin->pid = plugin->host ? plugin->host->pid : 0;
	pthread_mutex_unlock(&plugin->providers->lock);
}

static void fail_change(struct change *change, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fail_change(struct change *change, int code, const char *format, ...)
{
	cleanup_free char *text = NULL;
	struct err err = {0};
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	err_set(&err, code, "%s", text);
	change_finish(change, &err);
}

/* End the wait of whoever changed this plugin. */
static void answer_change(struct plugin *plugin, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void answer_change(struct plugin *plugin, int code, const char *format, ...)
{
	cleanup_free char *text = NULL;
	struct change *change = steal(&plugin->change);
	va_list args;

	if (!change)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (code != 0)
		fail_change(change, code, "%s", text);
	else
		change_finish(change, NULL);
}

static void remove_host(struct host *host)
{
	struct plugin *plugin = host->plugin;
	struct host **at = &plugin->hosts;

	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	if (plugin->host == host)
		plugin->host = NULL;
	if (plugin->incoming == host)
		plugin->incoming = NULL;
	if (plugin->solo == host)
		plugin->solo = NULL;
}

/* ---- Ending a host in good order ---- */

static void on_stop_time(void *arg)
{
	host_kill(arg, HOST_END_WANTED, "it did not end when it was asked to");
}

/* Nothing runs in it any more: ask it to end. */
static void stop_host(struct host *host)
{
	if (host->state == HOST_STOPPING || host->killed)
		return;
	host->state = HOST_STOPPING;
	if (host->end == HOST_END_ITSELF)
		host->end = HOST_END_WANTED;
	host_send_op(host, FRAME_STOP, 0);
	loop_timer_free(host->timer);
	host->timer = loop_timer_new(loop_of(host->plugin), host->plugin->providers->limits.stop_ms, 0,
		on_stop_time, host);
}

static void on_drain_time(void *arg)
{
	host_kill(arg, HOST_END_WANTED, "its calls did not end in time");
}

/* It takes no more calls; those it has may end. */
static void drain_host(struct host *host)
{
	struct plugin *plugin = host->plugin;

	if (plugin->host == host)
		plugin->host = NULL;
	if (plugin->incoming == host)
		plugin->incoming = NULL;
	if (plugin->solo == host)
		plugin->solo = NULL;
	if (host->state == HOST_STARTING) {
		host_kill(host, HOST_END_WANTED, "it is not wanted any more");
		return;
	}
	if (host->state != HOST_READY)
		return;
	host->state = HOST_DRAINING;
	loop_timer_free(host->timer);
	host->timer = loop_timer_new(loop_of(plugin), plugin->providers->limits.drain_ms, 0,
		on_drain_time, host);
	supervisor_call_left(host);
}

static void on_solo_idle(void *arg)
{
	drain_host(arg);
}

void supervisor_call_left(struct host *host)
{
	bool is_over = host->state == HOST_DRAINING;

	if (host->is_solo && host->state == HOST_READY && host->calls.len == 0) {
		loop_timer_free(host->idle_timer);
		host->idle_timer = loop_timer_new(loop_of(host->plugin), SOLO_IDLE_MS, 0, on_solo_idle,
			host);
	}
	if (is_over && host->hung && calls_live(host) == 0)
		host_kill(host, HOST_END_HANG, "a call in it did not end");
	else if (is_over && host->calls.len == 0)
		stop_host(host);
}

/* ---- Starting and restarting ---- */

static void start_host(struct plugin *plugin);
static void restart_later(struct plugin *plugin, const char *reason);

static void on_ready_time(void *arg)
{
	host_kill(arg, HOST_END_FAULT, "it was not ready in time");
}

static struct host *spawn_host(struct plugin *plugin, int fd, bool is_solo, struct err *err)
{
	struct host *host;

	if (host_spawn(plugin, fd, is_solo, &host, err) < 0)
		return NULL;
	host->next = plugin->hosts;
	plugin->hosts = host;
	host->timer = loop_timer_new(loop_of(plugin), plugin->providers->limits.ready_ms, 0,
		on_ready_time, host);
	return host;
}

static void on_restart_time(void *arg)
{
	struct plugin *plugin = arg;

	loop_timer_free(steal(&plugin->restart_timer));
	start_host(plugin);
}

static void start_host(struct plugin *plugin)
{
	cleanup_err struct err err = {0};

	if (plugin->incoming || plugin->host || plugin->fd < 0)
		return;
	plugin->incoming = spawn_host(plugin, plugin->fd, false, &err);
	if (plugin->incoming)
		return;
	log_error("plugin.start_failed", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("reason", err_text(&err)));
	answer_change(plugin, err.code, "%s", err_text(&err));
	restart_later(plugin, err_text(&err));
}

static void restart_later(struct plugin *plugin, const char *reason)
{
	int64_t delay_ms = plugin->restart_delay_ms;

	set_state(plugin, PLUGIN_RESTARTING, reason);
	if (plugin->restart_timer)
		return;
	plugin->restart_delay_ms = delay_ms == 0 ? plugin->providers->limits.first_delay_ms
						  : delay_ms * 2;
	if (plugin->restart_delay_ms > LAST_DELAY_MS)
		plugin->restart_delay_ms = LAST_DELAY_MS;
	log_notice("plugin.restarting", LOG_TEXT("plugin", plugin->name),
		LOG_INT("in_ms", delay_ms));
	plugin->restart_timer = loop_timer_new(loop_of(plugin), delay_ms, 0, on_restart_time, plugin);
}

static void forget_incoming(struct plugin *plugin)
{
	if (plugin->incoming_fd < 0)
		return;
	close(plugin->incoming_fd);
	plugin->incoming_fd = -1;
}

static void drain_all(struct plugin *plugin)
{
	forget_incoming(plugin);
	loop_timer_free(steal(&plugin->restart_timer));
	for (struct host *host = plugin->hosts, *next; host; host = next) {
		next = host->next;
		drain_host(host);
	}
}

static void quarantine(struct plugin *plugin, const char *reason)
{
	cleanup_free char *text = xasprintf("it died %d times within ten minutes, the last time "
		"because %s; `mortisectl plugin enable %s` starts it again", DEATHS_MAX, reason,
		plugin->name);

	log_error("plugin.quarantined", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("reason", reason));
	drain_all(plugin);
	set_state(plugin, PLUGIN_QUARANTINED, text);
	answer_change(plugin, MORTISE_E_RETRY, "plugin \"%s\": %s", plugin->name, text);
	calls_fail_waiting(plugin, MORTISE_E_RETRY, text);
}

/* Count a death.  True: that was one too many, and the plugin is in quarantine now. */
static bool note_death(struct plugin *plugin, const char *reason)
{
	int64_t now_ms = clock_mono_ms();
	size_t len = 0;

	memmove(&plugin->deaths_ms[1], &plugin->deaths_ms[0],
		(DEATHS_MAX - 1) * sizeof(plugin->deaths_ms[0]));
	plugin->deaths_ms[0] = now_ms;
	while (len < DEATHS_MAX && plugin->deaths_ms[len] > 0 &&
		now_ms - plugin->deaths_ms[len] < DEATHS_WINDOW_MS)
		len++;
	pthread_mutex_lock(&plugin->providers->lock);
	plugin->death_len = len;
	pthread_mutex_unlock(&plugin->providers->lock);
	if (len < DEATHS_MAX)
		return false;
	quarantine(plugin, reason);
	return true;
}

static void forgive(struct plugin *plugin)
{
	memset(plugin->deaths_ms, 0, sizeof(plugin->deaths_ms));
	plugin->restart_delay_ms = 0;
	loop_timer_free(steal(&plugin->restart_timer));
	pthread_mutex_lock(&plugin->providers->lock);
	plugin->death_len = 0;
	pthread_mutex_unlock(&plugin->providers->lock);
}

void supervisor_need_solo(struct plugin *plugin)
{
	cleanup_err struct err err = {0};

	if (plugin->solo || plugin->fd < 0 || plugin->state == PLUGIN_QUARANTINED ||
		plugin->state == PLUGIN_DISABLED || plugin->state == PLUGIN_REFUSED)
		return;
	plugin->solo = spawn_host(plugin, plugin->fd, true, &err);
	if (!plugin->solo)
		log_error("plugin.start_failed", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", err_text(&err)));
}

/* ---- What a host registered ---- */

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
	if (result < 0)
		return result;
	write.version = registration->version;
	write.text = text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	result = store_write(daemon->store, write_plugin, &write, err);
	if (result < 0) {
		err_prefix(err, "what it registered cannot be stored: ");
		return result;
	}
	registration->generation = write.generation;
	acceptance->registration = steal(&registration);
	return 0;
}

static struct host *find_host(struct providers *providers, const char *name, uint64_t serial)
{
	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next) {
		if (strcmp(plugin->name, name) != 0)
			continue;
		for (struct host *host = plugin->hosts; host; host = host->next)
			if (host->serial == serial)
				return host;
	}
	return NULL;
}

static void check_ready(struct host *host);
static void refuse_host(struct host *host, const char *reason);

/* Back on the loop. */
static void on_accepted(void *arg)
{
	struct acceptance *acceptance = arg;
	struct host *host = find_host(acceptance->providers, acceptance->plugin, acceptance->serial);

	if (host && acceptance->registration) {
		host->registration = steal(&acceptance->registration);
		host->accepted = true;
		check_ready(host);
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

static int take_hello(struct host *host, struct frame *frame, struct err *err)
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

	return strcmp(a->provider.key, b->provider.key) == 0 ||
		strcmp(reg_slug(a), reg_slug(b)) == 0 || (one && other && strcmp(one, other) == 0);
}

static char *find_clash(const struct plugin *plugin, const struct registration *registration)
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
static void put_in_force(struct plugin *plugin, struct registration *registration_take)
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
	cleanup_free char *clash = find_clash(plugin, host->registration);

	if (clash) {
		refuse_host(host, clash);
		return;
	}
	if (plugin->incoming_fd >= 0) {
		close(plugin->fd);
		plugin->fd = plugin->incoming_fd;
		plugin->incoming_fd = -1;
	}
	plugin->incoming = NULL;
	plugin->host = host;
	put_in_force(plugin, steal(&host->registration));
	set_state(plugin, PLUGIN_READY, NULL);
	log_notice("plugin.ready", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("version", plugin->registration->version),
		LOG_INT("generation", plugin->registration->generation), LOG_INT("pid", host->pid),
		LOG_INT("elapsed_ms", host->ready_ms - host->started_ms));
	if (before)
		drain_host(before);
	if (before && plugin->solo)
		drain_host(plugin->solo);
	answer_change(plugin, 0, "ready");
	calls_pump(plugin);
}

static void check_ready(struct host *host)
{
	if (!host->said_ready || !host->accepted || host->state != HOST_STARTING)
		return;
	loop_timer_free(steal(&host->timer));
	host->state = HOST_READY;
	host->ready_ms = clock_mono_ms();
	if (!host->is_solo) {
		adopt(host);
		return;
	}
	log_notice("plugin.solo_ready", LOG_TEXT("plugin", host->plugin->name),
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
	forget_incoming(plugin);
	/* After a reload that failed the old host goes on. */
	if (!replaces && !host->is_solo) {
		set_state(plugin, PLUGIN_REFUSED, reason);
		calls_fail_waiting(plugin, MORTISE_E_RETRY, reason);
	}
	answer_change(plugin, MORTISE_E_UNSUPPORTED, "plugin \"%s\" is refused: %s", plugin->name,
		reason);
}

static int take_refused(struct host *host, const struct frame *frame, struct err *err)
{
	cleanup_json json_t *json = NULL;
	const char *reason;

	if (host->state != HOST_STARTING || frame->json_size > REASON_MAX_SIZE)
		return err_set(err, MORTISE_E_INTERNAL, "it said REFUSED out of place");
	if (frame_parse(frame, &json, err) < 0)
		return err->code;
	reason = json_string_value(json_object_get(json, "reason"));
	refuse_host(host, reason ? reason : "it gave no reason");
	return 0;
}

/* ---- Log lines of plugins ---- */

struct plugin_log {
	struct providers *providers;
	char *plugin;
	uint64_t serial;
	struct frame frame;
};

static void log_left(void *arg)
{
	struct plugin_log *line = arg;
	struct host *host = find_host(line->providers, line->plugin, line->serial);

	if (host)
		host->logs_pending--;
	free(line->plugin);
	free(line);
}

#define LOG_FIELDS_MAX 16

/* Dotted words only, so that a plugin cannot forge another line. */
static bool is_event_name(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return size > 0 && size <= 64 && name[size] == '\0';
}

static void write_log(const char *plugin, const json_t *json)
{
	struct log_field fields[LOG_FIELDS_MAX + 2] = {LOG_TEXT("plugin", plugin)};
	const char *event = json_string_value(json_object_get(json, "event"));
	int64_t level = json_integer_value(json_object_get(json, "level"));
	const char *name;
	json_t *value;
	size_t len = 1;

	if (!event || !is_event_name(event) || level < MORTISE_LOG_ERROR || level > MORTISE_LOG_DEBUG)
		return;
	json_object_foreach(json_object_get(json, "fields"), name, value) {
		if (len > LOG_FIELDS_MAX || !is_event_name(name) || strcmp(name, "plugin") == 0)
			continue;
		if (json_is_integer(value))
			fields[len++] = LOG_INT(name, json_integer_value(value));
		else if (json_is_string(value))
			fields[len++] = LOG_TEXT(name, json_string_value(value));
		else if (json_is_boolean(value))
			fields[len++] = LOG_TEXT(name, json_is_true(value) ? "true" : "false");
	}
	log_write((int)level, event, fields);
}

static void run_log(void *arg)
{
	struct plugin_log *line = arg;
	struct providers *providers = line->providers;
	cleanup_json json_t *json = NULL;

	if (frame_parse(&line->frame, &json, NULL) == 0)
		write_log(line->plugin, json);
	frame_clear(&line->frame);
	loop_post(providers->daemon->loop, log_left, line);
	providers_work_done(providers);
}

#define LOGS_PENDING_MAX 32

static void take_log(struct host *host, struct frame *frame)
{
	struct plugin_log *line;

	host->log_budget -= (int64_t)(FRAME_HEADER_SIZE + frame->json_size);
	if (host->logs_pending >= LOGS_PENDING_MAX) {
		log_limited(MORTISE_LOG_WARNING, "plugin.log_dropped",
			LOG_TEXT("plugin", host->plugin->name));
		frame_clear(frame);
		return;
	}
	line = new(struct plugin_log);
	line->providers = host->plugin->providers;
	line->plugin = xstrdup(host->plugin->name);
	line->serial = host->serial;
	line->frame = *frame;
	*frame = (struct frame){0};
	if (providers_submit(line->providers, run_log, line, NULL) < 0) {
		frame_clear(&line->frame);
		free(line->plugin);
		free(line);
		return;
	}
	host->logs_pending++;
}

int supervisor_take_frame(struct host *host, struct frame *frame, struct err *err)
{
	switch (frame->op) {
	case FRAME_HELLO:
		return take_hello(host, frame, err);
	case FRAME_READY:
		if (!host->said_hello || host->said_ready)
			return err_set(err, MORTISE_E_INTERNAL, "it said READY out of place");
		host->said_ready = true;
		check_ready(host);
		return 0;
	case FRAME_REFUSED:
		return take_refused(host, frame, err);
	case FRAME_RETURN:
		calls_take_return(host, frame);
		return 0;
	case FRAME_ASK:
		return calls_take_ask(host, frame, err);
	case FRAME_LOG:
		take_log(host, frame);
		return 0;
	default:
		return err_set(err, MORTISE_E_INTERNAL, "it sent a frame %s",
			frame_op_name(frame->op));
	}
}

/* ---- Deaths ---- */

static char *describe_end(const struct host *host)
{
	if (host->end == HOST_END_FAULT || host->end == HOST_END_HANG)
		return xstrdup(host->reason);
	if (host->exit_signal == SIGKILL && host->reason)
		return xstrdup(host->reason);
	if (host->exit_signal != 0)
		return xasprintf("it was killed by signal %d (%s)", host->exit_signal,
			strsignal(host->exit_signal));
	if (host->exit_code == EXIT_MEMORY)
		return xstrdup("it reached its memory limit");
	return xasprintf("it ended with status %d", host->exit_code);
}

static void free_if_last(struct plugin *plugin)
{
	struct plugin **at = &plugin->providers->retired;

	if (!plugin->retired || plugin->hosts)
		return;
	while (*at != plugin)
		at = &(*at)->next;
	*at = plugin->next;
	plugin_free(plugin);
}

static bool any_host(const struct providers *providers)
{
	for (const struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next)
		if (plugin->hosts)
			return true;
	return providers->retired != NULL;
}

/* Should it have a host, and has none? */
static bool wants_host(const struct plugin *plugin)
{
	return !plugin->host && !plugin->retired && !plugin->providers->stopping &&
		plugin->state != PLUGIN_QUARANTINED && plugin->state != PLUGIN_DISABLED &&
		plugin->state != PLUGIN_REFUSED;
}

/* The plugin has lost the host that took its calls, or the one that was to. */
static void replace_host(struct plugin *plugin, const char *reason, bool counts)
{
	/* Another one is on its way already. */
	if (plugin->incoming) {
		if (counts)
			(void)note_death(plugin, reason);
		return;
	}
	forget_incoming(plugin);
	if (wants_host(plugin) && (!counts || !note_death(plugin, reason)))
		restart_later(plugin, reason);
	answer_change(plugin, MORTISE_E_RETRY, "plugin \"%s\" did not start: %s", plugin->name, reason);
}

void supervisor_host_died(struct host *host)
{
	struct plugin *plugin = host->plugin;
	struct providers *providers = plugin->providers;
	cleanup_free char *reason = describe_end(host);
	bool was_main = plugin->host == host || plugin->incoming == host;
	bool was_solo = plugin->solo == host;
	bool wanted = host->end == HOST_END_WANTED || host->refused;

	remove_host(host);
	if (!wanted)
		log_warning("plugin.host_died", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", reason), LOG_INT("calls", host->calls.len));
	else
		log_info("plugin.host_ended", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", reason));
	/* A host that we killed for one call is no fault of the others. */
	calls_fail_host(host, !wanted && host->end != HOST_END_HANG, reason);
	if (host->ready_ms > 0 && clock_mono_ms() - host->ready_ms >= STABLE_MS)
		plugin->restart_delay_ms = 0;
	host_free(host);
	if (was_main)
		replace_host(plugin, reason, !wanted);
	else if (was_solo && !wanted && !note_death(plugin, reason))
		calls_pump(plugin);
	free_if_last(plugin);
	if (providers->stopping && providers->stop && !any_host(providers))
		change_finish(steal(&providers->stop), NULL);
}

void supervisor_call_hangs(struct host *host)
{
	struct plugin *plugin = host->plugin;
	bool was_main = plugin->host == host, was_solo = plugin->solo == host;

	log_warning("plugin.call_hangs", LOG_TEXT("plugin", plugin->name),
		LOG_INT("pid", host->pid));
	host->hung = true;
	drain_host(host);
	supervisor_call_left(host);
	if (was_main)
		replace_host(plugin, "a call in it did not end", true);
	else if (was_solo && !note_death(plugin, "a call in it did not end"))
		calls_pump(plugin);
}

/* ---- Changes ---- */

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
		fail_change(change, MORTISE_E_RETRY, "%s: the daemon is stopping", change->name);
	else if (!plugin)
		fail_change(change, MORTISE_E_NOT_FOUND,
			"plugin \"%s\" is not loaded; load it with `mortisectl plugin load`", change->name);
	else if (plugin->change)
		fail_change(change, MORTISE_E_CONFLICT,
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
	answer_change(plugin, MORTISE_E_CONFLICT, "plugin \"%s\" was unloaded", plugin->name);
	calls_fail_waiting(plugin, MORTISE_E_RETRY, "it was unloaded");
	drain_all(plugin);
	free_if_last(plugin);
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
		fail_change(change, MORTISE_E_RETRY, "%s: the daemon is stopping", change->name);
		return;
	}
	if (plugin && plugin->state != PLUGIN_REFUSED) {
		fail_change(change, MORTISE_E_CONFLICT,
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
		clash = find_clash(plugin, change->stored);
	if (change->stored && !clash)
		put_in_force(plugin, registration_ref(change->stored));
	if (plugin->fd < 0) {
		log_error("plugin.refused", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", change->refusal));
		set_state(plugin, PLUGIN_REFUSED, change->refusal);
		answer_change(plugin, MORTISE_E_UNSUPPORTED, "%s", plugin->reason);
	} else if (!change->enabled) {
		log_notice("plugin.disabled", LOG_TEXT("plugin", plugin->name));
		set_state(plugin, PLUGIN_DISABLED, "disabled by the operator");
		answer_change(plugin, 0, "disabled");
	} else {
		start_host(plugin);
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
	drain_all(plugin);
	forgive(plugin);
	if (plugin->fd >= 0)
		close(plugin->fd);
	plugin->fd = change->fd;
	change->fd = -1;
	plugin->change = change;
	set_state(plugin, PLUGIN_STARTING, NULL);
	start_host(plugin);
}

void supervisor_reload(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);
	struct err err = {0};

	if (!plugin)
		return;
	if (plugin->state == PLUGIN_DISABLED) {
		fail_change(change, MORTISE_E_CONFLICT, "plugin \"%s\" is disabled; enable it",
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
	forget_incoming(plugin);
	plugin->incoming_fd = change->fd;
	change->fd = -1;
	plugin->incoming = spawn_host(plugin, plugin->incoming_fd, false, &err);
	if (plugin->incoming) {
		plugin->change = change;
		return;
	}
	forget_incoming(plugin);
	change_finish(change, &err);
}

void supervisor_enable(void *arg)
{
	struct change *change = arg;
	struct plugin *plugin = take_plugin(change);

	if (!plugin)
		return;
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
	drain_all(plugin);
	forgive(plugin);
	set_state(plugin, PLUGIN_DISABLED, "disabled by the operator");
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
		answer_change(plugin, MORTISE_E_RETRY, "the daemon is stopping");
		calls_fail_waiting(plugin, MORTISE_E_RETRY, "the daemon is stopping");
		loop_timer_free(steal(&plugin->restart_timer));
		for (struct host *host = plugin->hosts; host; host = host->next)
			if (host->state == HOST_STARTING)
				host_kill(host, HOST_END_WANTED, "the daemon is stopping");
			else
				stop_host(host);
	}
	for (struct plugin *plugin = providers->retired; plugin; plugin = plugin->next)
		for (struct host *host = plugin->hosts; host; host = host->next)
			stop_host(host);
	if (any_host(providers))
		providers->stop = change;
	else
		change_finish(change, NULL);
}

void plugin_free(struct plugin *plugin)
{
	loop_timer_free(plugin->restart_timer);
	registration_unref(plugin->registration);
	if (plugin->fd >= 0)
		close(plugin->fd);
	if (plugin->incoming_fd >= 0)
		close(plugin->incoming_fd);
	free(plugin->reason);
	free(plugin->name);
	free(plugin->path);
	free(plugin);
}
