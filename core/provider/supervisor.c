/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The life of a plugin, on the loop thread: its host is started, takes calls, ends in
 * good order or dies, and is started again, until it died too often.
 */
#include "config.h"
#include "core/provider/supervisor_private.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"

#define SOLO_IDLE_MS (INT64_C(60) * 1000)
#define LAST_DELAY_MS (INT64_C(60) * 1000)     /* of restarts */
/* A host that was ready for so long has made good for earlier deaths. */
#define STABLE_MS (INT64_C(60) * 1000)
/* HOST_EXIT_MEMORY of host/lockdown.h: the memory limit was reached. */
#define EXIT_MEMORY 5

struct loop *plugin_loop(struct plugin *plugin)
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
void plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *reason)
{
	char *copy = xstrdup(reason);

	pthread_mutex_lock(&plugin->providers->lock);
	plugin->state = state;
	free(plugin->reason);
	plugin->reason = copy;
	plugin->pid = plugin->host ? plugin->host->pid : 0;
	pthread_mutex_unlock(&plugin->providers->lock);
}

void change_fail(struct change *change, int code, const char *format, ...)
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

void plugin_answer_change(struct plugin *plugin, int code, const char *format, ...)
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
		change_fail(change, code, "%s", text);
	else
		change_finish(change, NULL);
}

/* It is none any more that its plugin gives calls to. */
static void leave_roles(const struct host *host)
{
	struct plugin *plugin = host->plugin;

	if (plugin->host == host)
		plugin->host = NULL;
	if (plugin->incoming == host)
		plugin->incoming = NULL;
	if (plugin->solo == host)
		plugin->solo = NULL;
}

static void remove_host(struct host *host)
{
	struct plugin *plugin = host->plugin;
	struct host **at = &plugin->hosts;

	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	leave_roles(host);
}

struct host *plugin_find_host(struct providers *providers, const char *name, uint64_t serial)
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

/* ---- Ending a host in good order ---- */

static void on_stop_time(void *arg)
{
	host_kill(arg, HOST_END_WANTED, "it did not end when it was asked to");
}

/* Nothing runs in it any more: ask it to end. */
void host_stop(struct host *host)
{
	if (host->state == HOST_STOPPING || host->killed)
		return;
	host->state = HOST_STOPPING;
	if (host->end == HOST_END_ITSELF)
		host->end = HOST_END_WANTED;
	host_send_op(host, FRAME_STOP, 0);
	loop_timer_free(host->timer);
	host->timer = loop_timer_new(plugin_loop(host->plugin), host->plugin->providers->limits.stop_ms, 0,
		on_stop_time, host);
}

static void on_drain_time(void *arg)
{
	host_kill(arg, HOST_END_WANTED, "its calls did not end in time");
}

/* It takes no more calls; those it has may end. */
void host_drain(struct host *host)
{
	struct plugin *plugin = host->plugin;

	leave_roles(host);
	if (host->state == HOST_STARTING) {
		host_kill(host, HOST_END_WANTED, "it is not wanted any more");
		return;
	}
	if (host->state != HOST_READY)
		return;
	host->state = HOST_DRAINING;
	loop_timer_free(host->timer);
	host->timer = loop_timer_new(plugin_loop(plugin), plugin->providers->limits.drain_ms, 0,
		on_drain_time, host);
	supervisor_call_left(host);
}

static void on_solo_idle(void *arg)
{
	host_drain(arg);
}

void supervisor_call_left(struct host *host)
{
	bool is_over = host->state == HOST_DRAINING;

	if (host->is_solo && host->state == HOST_READY && host->calls.len == 0) {
		loop_timer_free(host->idle_timer);
		host->idle_timer = loop_timer_new(plugin_loop(host->plugin), SOLO_IDLE_MS, 0, on_solo_idle,
			host);
	}
	if (is_over && host->hung && calls_live(host) == 0)
		host_kill(host, HOST_END_HANG, "a call in it did not end");
	else if (is_over && host->calls.len == 0)
		host_stop(host);
}

/* ---- Starting and restarting ---- */

static void restart_later(struct plugin *plugin, const char *reason);

static void on_ready_time(void *arg)
{
	host_kill(arg, HOST_END_FAULT, "it was not ready in time");
}

struct host *plugin_spawn_host(struct plugin *plugin, int fd, bool is_solo, struct err *err)
{
	struct host *host;

	if (host_spawn(plugin, fd, is_solo, &host, err) < 0)
		return NULL;
	host->next = plugin->hosts;
	plugin->hosts = host;
	host->timer = loop_timer_new(plugin_loop(plugin), plugin->providers->limits.ready_ms, 0,
		on_ready_time, host);
	return host;
}

static void on_restart_time(void *arg)
{
	struct plugin *plugin = arg;

	loop_timer_free(steal(&plugin->restart_timer));
	plugin_start_host(plugin);
}

void plugin_start_host(struct plugin *plugin)
{
	cleanup_err struct err err = {0};

	if (plugin->incoming || plugin->host || plugin->fd < 0)
		return;
	plugin->incoming = plugin_spawn_host(plugin, plugin->fd, false, &err);
	if (plugin->incoming)
		return;
	log_error("plugin.start_failed", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("reason", err_text(&err)));
	restart_later(plugin, err_text(&err));
	plugin_answer_change(plugin, err.code, "%s", err_text(&err));
}

static void restart_later(struct plugin *plugin, const char *reason)
{
	int64_t delay_ms = plugin->restart_delay_ms;

	plugin_set_state(plugin, PLUGIN_RESTARTING, reason);
	if (plugin->restart_timer)
		return;
	plugin->restart_delay_ms = delay_ms == 0 ? plugin->providers->limits.first_delay_ms
						  : delay_ms * 2;
	if (plugin->restart_delay_ms > LAST_DELAY_MS)
		plugin->restart_delay_ms = LAST_DELAY_MS;
	log_notice("plugin.restarting", LOG_TEXT("plugin", plugin->name),
		LOG_INT("in_ms", delay_ms));
	plugin->restart_timer = loop_timer_new(plugin_loop(plugin), delay_ms, 0, on_restart_time, plugin);
}

void plugin_forget_incoming(struct plugin *plugin)
{
	if (plugin->incoming_fd < 0)
		return;
	close(plugin->incoming_fd);
	plugin->incoming_fd = -1;
}

void plugin_take_incoming(struct plugin *plugin)
{
	if (plugin->incoming_fd < 0)
		return;
	close(plugin->fd);
	plugin->fd = plugin->incoming_fd;
	plugin->incoming_fd = -1;
}

void plugin_drain(struct plugin *plugin)
{
	plugin_forget_incoming(plugin);
	loop_timer_free(steal(&plugin->restart_timer));
	for (struct host *host = plugin->hosts, *next; host; host = next) {
		next = host->next;
		host_drain(host);
	}
}

static void quarantine(struct plugin *plugin, const char *reason)
{
	cleanup_free char *text = xasprintf("it died %d times within ten minutes, the last time "
		"because %s; `mortisectl plugin enable %s` starts it again", DEATHS_MAX, reason,
		plugin->name);

	log_error("plugin.quarantined", LOG_TEXT("plugin", plugin->name),
		LOG_TEXT("reason", reason));
	plugin_drain(plugin);
	plugin_set_state(plugin, PLUGIN_QUARANTINED, text);
	plugin_answer_change(plugin, MORTISE_E_RETRY, "plugin \"%s\": %s", plugin->name, text);
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

void plugin_forgive(struct plugin *plugin)
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
	plugin->solo = plugin_spawn_host(plugin, plugin->fd, true, &err);
	if (!plugin->solo)
		log_error("plugin.start_failed", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", err_text(&err)));
}

void supervisor_renew(struct host *host)
{
	struct plugin *plugin = host->plugin;
	cleanup_err struct err err = {0};

	if (host->is_solo && host->state == HOST_READY) {
		host_drain(host);
		return;
	}
	if (plugin->host != host || plugin->incoming || plugin->providers->stopping)
		return;
	plugin->incoming = plugin_spawn_host(plugin, plugin->fd, false, &err);
	if (!plugin->incoming)
		log_error("plugin.start_failed", LOG_TEXT("plugin", plugin->name),
			LOG_TEXT("reason", err_text(&err)));
}

/* ---- Frames ---- */

int supervisor_take_frame(struct host *host, struct frame *frame, struct err *err)
{
	switch (frame->op) {
	case FRAME_LACKING:
		return acceptance_take_lacking(host, frame, err);
	case FRAME_HELLO:
		return acceptance_take_hello(host, frame, err);
	case FRAME_READY:
		if (!host->said_hello || host->said_ready)
			return err_set(err, MORTISE_E_INTERNAL, "it said READY out of place");
		host->said_ready = true;
		acceptance_check_ready(host);
		return 0;
	case FRAME_REFUSED:
		return acceptance_take_refused(host, frame, err);
	case FRAME_RETURN:
		calls_take_return(host, frame);
		return 0;
	case FRAME_ASK:
		return calls_take_ask(host, frame, err);
	case FRAME_LOG:
		plugin_log_take(host, frame);
		return 0;
	default:
		return err_set(err, MORTISE_E_INTERNAL, "it sent a frame %s",
			frame_op_name(frame->op));
	}
}

/* ---- Deaths ---- */

static char *describe_end(const struct host *host)
{
	cleanup_free char *forbidden = last_words_forbidden(host);

	if (host->end == HOST_END_FAULT || host->end == HOST_END_HANG)
		return xstrdup(host->reason);
	if (host->exit_signal == SIGKILL && host->reason)
		return xstrdup(host->reason);
	if (host->exit_signal == SIGSYS && forbidden)
		return steal(&forbidden);
	if (host->exit_signal != 0)
		return xasprintf("it was killed by signal %d (%s)", host->exit_signal,
			strsignal(host->exit_signal));
	if (host->exit_code == EXIT_MEMORY)
		return xstrdup("it reached its memory limit");
	return xasprintf("it ended with status %d", host->exit_code);
}

void plugin_free_if_last(struct plugin *plugin)
{
	struct plugin **at = &plugin->providers->retired;

	if (!plugin->retired || plugin->hosts)
		return;
	while (*at != plugin)
		at = &(*at)->next;
	*at = plugin->next;
	plugin_free(plugin);
}

bool providers_have_hosts(const struct providers *providers)
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
	plugin_forget_incoming(plugin);
	if (wants_host(plugin) && (!counts || !note_death(plugin, reason)))
		restart_later(plugin, reason);
	plugin_answer_change(plugin, MORTISE_E_RETRY, "plugin \"%s\" did not start: %s", plugin->name, reason);
}

void supervisor_host_died(struct host *host)
{
	struct plugin *plugin = host->plugin;
	struct providers *providers = plugin->providers;
	cleanup_free char *reason = describe_end(host);
	bool was_main = plugin->host == host || plugin->incoming == host;
	bool was_solo = plugin->solo == host;
	bool wanted = host->end == HOST_END_WANTED || host->refused;

	if (plugin->host == host && !wanted)
		plugin->down_since_ms = clock_mono_ms();
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
	plugin_free_if_last(plugin);
	if (providers->stopping && providers->stop && !providers_have_hosts(providers))
		change_finish(steal(&providers->stop), NULL);
}

void supervisor_call_hangs(struct host *host)
{
	struct plugin *plugin = host->plugin;
	bool was_main = plugin->host == host, was_solo = plugin->solo == host;

	log_warning("plugin.call_hangs", LOG_TEXT("plugin", plugin->name),
		LOG_INT("pid", host->pid));
	host->hung = true;
	host_drain(host);
	supervisor_call_left(host);
	if (was_main)
		replace_host(plugin, "a call in it did not end", true);
	else if (was_solo && !note_death(plugin, "a call in it did not end"))
		calls_pump(plugin);
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
	free(plugin->lacking);
	free(plugin->name);
	free(plugin->path);
	free(plugin);
}
