/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/load.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "host/api.h"

#define PLUGIN_MIN_SIZE (offsetof(struct mortise_plugin, unload) + sizeof(void (*)(void)))

static int check_abi(const struct mortise_plugin *plugin, const char *file, struct err *err)
{
	bool same = plugin->abi_major == MORTISE_ABI_MAJOR &&
		plugin->abi_minor >= MORTISE_ABI_MINOR_OLDEST && plugin->abi_minor <= MORTISE_ABI_MINOR;

	if (same)
		return 0;
	return err_set(err, MORTISE_E_UNSUPPORTED,
		"%s: needs plugin ABI %d.%d, this mortised provides %d.%d: update the older of the two, "
		"or use a %s built for %d.%d", file, plugin->abi_major, plugin->abi_minor,
		MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR, file, MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR);
}

/* Magic and size first: they say how far the rest may be read. */
static int check_descriptor(const struct mortise_plugin *plugin, const char *file, struct err *err)
{
	int ret;

	if (plugin->magic != MORTISE_MAGIC)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: its mortise_plugin begins with 0x%08x, not with 0x%08x: define it with "
			"MORTISE_PLUGIN of <mortise/plugin.h>", file, plugin->magic, MORTISE_MAGIC);
	ret = check_abi(plugin, file, err);
	if (ret < 0)
		return ret;
	if (plugin->size < PLUGIN_MIN_SIZE)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: its mortise_plugin says %u bytes, at least %zu are needed: define it with "
			"MORTISE_PLUGIN of <mortise/plugin.h>", file, plugin->size, PLUGIN_MIN_SIZE);
	if (!plugin->name || !plugin->version || !plugin->license || !plugin->load)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: its mortise_plugin lacks name, version, license or load", file);
	return 0;
}

/* What was opened by descriptor is known to the linker as /proc/self/fd/N, where a debugger
 * would look among its own files: say what it is. */
static void name_for_debuggers(void *handle, const char *place)
{
	struct link_map *map;

	/* The name that it had is the linker's, and not ours to free. */
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
		map->l_name = xstrdup(place);
}

int load_open(const char *path, const char *place, const char *file, struct mortise_plugin *ret_plugin,
	struct err *err)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct mortise_plugin *plugin;
	int ret;

	if (!handle)
		return err_set(err, MORTISE_E_UNSUPPORTED, "%s: cannot be loaded: %s", file, dlerror());
	name_for_debuggers(handle, place);
	plugin = dlsym(handle, "mortise_plugin");
	if (!plugin)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: exports no mortise_plugin: define it with MORTISE_PLUGIN of <mortise/plugin.h>",
			file);
	ret = check_descriptor(plugin, file, err);
	if (ret < 0)
		return ret;
	*ret_plugin = (struct mortise_plugin){0};
	memcpy(ret_plugin, plugin, plugin->size < sizeof(*plugin) ? plugin->size : sizeof(*plugin));
	return 0;
}

int load_run(const struct mortise_plugin *plugin, const char *file,
	struct mortise_registrar *reg, struct err *err)
{
	int ret = plugin->load(api_table(), registry_table(), reg);

	if (reg->err.code != 0 || ret == MORTISE_OK) {
		ret = registry_check(reg, err);
		err_prefix(err, "%s: ", file);
		return ret;
	}
	return err_set(err, MORTISE_E_UNSUPPORTED, "%s: its load returned %d (%s)", file, ret,
		err_meaning(ret)->name);
}
