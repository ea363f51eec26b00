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
	{.name = "PluginEnable", .level = ADMIN_OPERATE, .in = "(name: string)", .out = "()",
		.help = "Run a disabled or quarantined plugin again", .run = run_enable},
	{0},
};
