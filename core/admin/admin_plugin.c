/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Plugins at run time. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/provider/recorder.h"

static int run_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)parameters;
	(void)err;
	*ret_result = json_pack("{s:o}", "plugins", providers_describe(daemon->providers));
	return 0;
}

static int run_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	cleanup_json json_t *all = providers_describe(daemon->providers);
	const char *name = admin_text(parameters, "name");
	json_t *plugin;
	size_t index;

	json_array_foreach(all, index, plugin) {
		if (strcmp(json_string_value(json_object_get(plugin, "name")), name) != 0)
			continue;
		*ret_result = json_pack("{s:O}", "plugin", plugin);
		return 0;
	}
	return err_set(err, MORTISE_E_NOT_FOUND,
		"there is no plugin \"%s\"; `mortisectl plugin list` shows those that are", name);
}

static int run_load(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)ret_result;
	return providers_load(daemon->providers, admin_text(parameters, "name"), err);
}

static int run_unload(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)ret_result;
	return providers_unload(daemon->providers, admin_text(parameters, "name"), err);
}

static int run_reload(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)ret_result;
	return providers_reload(daemon->providers, admin_text(parameters, "name"), err);
}

static int run_disable(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)ret_result;
	return providers_set_enabled(daemon->providers, admin_text(parameters, "name"), false, err);
}

static int run_enable(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)ret_result;
	return providers_set_enabled(daemon->providers, admin_text(parameters, "name"), true, err);
}

/* How often a client that sees no call is asked whether it is still there. */
#define RECORD_WAIT_MS 1000

static json_t *record_part(struct recorder *recorder, json_t *call_take)
{
	return json_pack("{s:o?, s:I}", "call", call_take, "dropped",
		(json_int_t)recorder_dropped(recorder));
}

/* Until the client goes, 'limit' calls are recorded or the daemon stops. */
static int send_calls(struct recorder *recorder, int64_t limit, struct admin_call *call,
	json_t **ret_result, struct err *err)
{
	while (limit > 0) {
		json_t *recorded = NULL;
		int result = recorder_next(recorder, RECORD_WAIT_MS, &recorded, err);

		if (result >= 0)
			limit -= result;
		if (result >= 0)
			result = admin_call_send(call, record_part(recorder, recorded), err);
		if (result < 0)
			return result;
	}
	*ret_result = record_part(recorder, NULL);
	return 0;
}

static int stream_record(struct daemon *daemon, const json_t *parameters, struct admin_call *call,
	json_t **ret_result, struct err *err)
{
	const json_t *limit = json_object_get(parameters, "calls");
	struct recorder *recorder;
	int result = recorder_open(daemon->providers, admin_text(parameters, "name"), &recorder, err);

	if (result < 0)
		return result;
	result = send_calls(recorder, json_is_integer(limit) ? json_integer_value(limit) : INT64_MAX,
		call, ret_result, err);
	recorder_close(recorder);
	return result;
}

const struct admin_method admin_plugin_methods[] = {
	{.name = "PluginList", .level = ADMIN_READ, .in = "()", .out = "(plugins: []object)",
		.help = "All plugins with their state", .run = run_list},
	{.name = "PluginShow", .level = ADMIN_READ, .in = "(name: string)",
		.out = "(plugin: object)", .help = "One plugin", .run = run_show},
	{.name = "PluginLoad", .level = ADMIN_ADMIN, .in = "(name: string)", .out = "()",
		.help = "Load a plugin of plugin_dir by its name", .run = run_load},
	{.name = "PluginUnload", .level = ADMIN_ADMIN, .in = "(name: string)", .out = "()",
		.help = "End a plugin; its paths answer 404", .run = run_unload},
	{.name = "PluginReload", .level = ADMIN_ADMIN, .in = "(name: string)", .out = "()",
		.help = "Start the file anew and move new calls over", .run = run_reload},
	{.name = "PluginDisable", .level = ADMIN_OPERATE, .in = "(name: string)", .out = "()",
		.help = "Run nothing of a plugin; its webhooks are still stored",
		.run = run_disable},
	{.name = "PluginRecord", .level = ADMIN_ADMIN, .in = "(name: string, calls: ?int)",
		.out = "(call: ?object, dropped: int)",
		.help = "The calls of a plugin from now on, as mortise-check takes them",
		.stream = stream_record},
	{.name = "PluginEnable", .level = ADMIN_OPERATE, .in = "(name: string)", .out = "()",
		.help = "Run a disabled or quarantined plugin again", .run = run_enable},
	{0},
};
