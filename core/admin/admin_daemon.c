/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The daemon itself: status, log, vault, drain and stop. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

/* [{"name","state"}] of providers_describe. */
static json_t *plugin_states(struct daemon *daemon)
{
	json_t *all = providers_describe(daemon->providers), *states = json_array(), *plugin;
	size_t index;

	json_array_foreach(all, index, plugin)
		json_array_append_new(states, json_pack("{s:O, s:O}", "name",
			json_object_get(plugin, "name"), "state", json_object_get(plugin, "state")));
	json_decref(all);
	return states;
}

static int run_status(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	int64_t now = clock_now_us();

	(void)parameters;
	(void)err;
	*ret_result = json_pack("{s:s, s:i, s:o, s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:s, s:o}",
		"version", PACKAGE_VERSION,
		"pid", (int)getpid(),
		"started", admin_time_json(daemon->started_us),
		"uptime", (json_int_t)((now - daemon->started_us) / 1000000),
		"url", daemon->settings->public_url,
		"store_healthy", store_healthy(daemon->store),
		"requests", (json_int_t)http_server_busy(daemon->http),
		"request_load", (json_int_t)pool_load(daemon->request_pool),
		"intake_load", (json_int_t)pool_load(daemon->intake_pool),
		"ingest_load", (json_int_t)pool_load(daemon->ingest_pool),
		"log_level", log_level_name(log_level()),
		"plugins", plugin_states(daemon));
	return 0;
}

static int run_log_level(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	const char *name = admin_text(parameters, "level");
	int level = log_level_parse(name);

	(void)daemon;
	if (level < 0)
		return err_field(err, "level",
			"\"%s\" is no level; use error, warning, notice, info or debug", name);
	*ret_result = json_pack("{s:s}", "before", log_level_name(log_level()));
	log_set_level(level);
	return 0;
}

static int run_vault_status(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)parameters;
	return vault_status(daemon->vault, daemon->store, ret_result, err);
}

static int run_vault_rotate(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)parameters;
	(void)ret_result;
	return vault_rotate(daemon->vault, daemon->store, err);
}

static int run_drain(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)parameters;
	(void)ret_result;
	(void)err;
	daemon_drain(daemon);
	return 0;
}

static int run_stop(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)parameters;
	(void)ret_result;
	(void)err;
	daemon_stop(daemon);
	return 0;
}

const struct admin_method admin_daemon_methods[] = {
	{.name = "Status", .level = ADMIN_READ, .in = "()",
		.out = "(version: string, pid: int, started: string, uptime: int, url: string, "
		       "store_healthy: bool, requests: int, request_load: int, intake_load: int, "
		       "ingest_load: int, "
		       "log_level: string, plugins: [](name: string, state: string))",
		.help = "How the daemon is", .run = run_status},
	{.name = "LogLevel", .level = ADMIN_OPERATE, .in = "(level: string)",
		.out = "(before: string)",
		.help = "Set the log level until the next start or reload", .run = run_log_level},
	{.name = "VaultStatus", .level = ADMIN_READ, .in = "()",
		.out = "(file: string, keys: [](id: string, newest: bool, inUse: bool))",
		.help = "The master keys, without the keys", .run = run_vault_status},
	{.name = "VaultRotate", .level = ADMIN_ADMIN, .in = "()", .out = "()",
		.help = "Make a new master key and wrap every secret anew",
		.run = run_vault_rotate},
	{.name = "Drain", .level = ADMIN_OPERATE, .in = "()", .out = "()",
		.help = "Take no new requests, webhooks or jobs, and stay", .run = run_drain},
	{.name = "Stop", .level = ADMIN_OPERATE, .in = "()", .out = "()",
		.help = "Finish what runs, and end", .run = run_stop},
	{0},
};
