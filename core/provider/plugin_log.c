/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Log lines of plugins: parsed and written on the host-call pool, in their own words
 * but never as another line than theirs.  The host's allowance bounds how many there are.
 */
#include "config.h"
#include "core/provider/supervisor_private.h"

#include <string.h>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"

/* The host keeps to these too, but who runs in it may not. */
#define LOG_FIELDS_MAX 16
#define LOG_TEXT_MAX 256

struct plugin_log {
	struct providers *providers;
	char *plugin;
	uint64_t serial;
	struct frame frame;
};

static void log_left(void *arg)
{
	struct plugin_log *line = arg;
	struct host *host = plugin_find_host(line->providers, line->plugin, line->serial);

	if (host)
		host->logs_pending--;
	free(line->plugin);
	free(line);
}

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
		else if (json_is_string(value) && json_string_length(value) <= LOG_TEXT_MAX)
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

void plugin_log_take(struct host *host, struct frame *frame)
{
	struct plugin_log *line;

	if (!host_may_log(host)) {
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
