/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/runner.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/provider/provider.h"
#include "core/provider/supervisor_private.h"

#define HOST_CALL_THREADS 16
#define HOST_CALLS_WAITING 1024
/* Nothing else shares the pools that a provider may only half fill. */
#define WORKERS 256
/* From the end of a call's time to the end of a host that does not let go of it. */
#define HANG_MS 500

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void replace(char **text, char *by_take)
{
	free(*text);
	*text = by_take;
}

/* "dir/acme.so" → "dir" and "acme"; the registry adds the ending itself. */
static int split_path(const char *path, char **ret_folder, char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t size = strlen(file);

	if (size <= 3 || strcmp(file + size - 3, ".so") != 0)
		return err_set(err, MORTISE_E_FIELD,
			"\"%s\" is no plugin's file name: a plugin is called NAME.so", file);
	*ret_folder = !slash ? xstrdup(".") : slash == path ? xstrdup("/") :
		xstrndup(path, (size_t)(slash - path));
	*ret_name = xstrndup(file, size - 3);
	return 0;
}

static int make_settings(struct runner *runner, const struct runner_options *options, struct err *err)
{
	char *folder;
	struct settings *settings;

	if (split_path(options->plugin, &folder, &runner->name, err) < 0)
		return err->code;
	if (!options->config) {
		settings = settings_new();
	} else if (settings_load(options->config, &settings, err) < 0) {
		free(folder);
		return err->code;
	}
	replace(&settings->plugin_dir, folder);
	if (options->host_path)
		replace(&settings->host_path, xstrdup(options->host_path));
	settings->request_workers = settings->intake_workers = settings->job_workers = WORKERS;
	runner->daemon.settings = settings;
	return 0;
}

int runner_start(struct runner *runner, const struct runner_options *options, struct err *err)
{
	struct daemon *daemon = &runner->daemon;

	*runner = (struct runner){0};
	if (make_settings(runner, options, err) < 0)
		return err->code;
	daemon->loop = loop_new();
	daemon->host_call_pool = pool_new("host-call", POOL_BEHIND, HOST_CALL_THREADS,
		HOST_CALLS_WAITING);
	daemon->providers = providers_new(daemon);
	if (options->ready_ms < daemon->providers->limits.ready_ms)
		daemon->providers->limits.ready_ms = options->ready_ms;
	daemon->providers->limits.first_delay_ms = 1;
	daemon->providers->limits.hang_ms = HANG_MS;
	if (pthread_create(&runner->loop_thread, NULL, run_loop, daemon->loop) != 0)
		abort();
	return providers_load(daemon->providers, runner->name, err);
}

void runner_stop(struct runner *runner)
{
	struct daemon *daemon = &runner->daemon;

	if (daemon->providers) {
		providers_stop(daemon->providers);
		loop_stop(daemon->loop);
		pthread_join(runner->loop_thread, NULL);
	}
	providers_free(daemon->providers);
	if (daemon->host_call_pool)
		pool_free(daemon->host_call_pool);
	if (daemon->loop)
		loop_free(daemon->loop);
	settings_free(daemon->settings);
	free(runner->name);
}

/* Loop thread. */
static void forgive(void *arg)
{
	struct providers *providers = arg;

	for (struct plugin *plugin = providers->plugins; plugin; plugin = plugin->next) {
		plugin_forgive(plugin);
		if (plugin->state == PLUGIN_QUARANTINED)
			plugin_set_state(plugin, PLUGIN_RESTARTING, NULL);
		if (plugin->state == PLUGIN_RESTARTING)
			plugin_start_host(plugin);
	}
}

void runner_forgive(struct runner *runner)
{
	loop_post(runner->daemon.loop, forgive, runner->daemon.providers);
}

const struct reg_provider **runner_providers(struct runner *runner, size_t *ret_len)
{
	return providers_all(runner->daemon.providers, ret_len);
}
