/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * mortise-host: runs one plugin, started by mortised with a socket as descriptor 3.
 *
 *   mortise-host [--parent=PID] [--data-limit=BYTES] [--crash-page=FD]
 *                [--sandbox=prefer|require] PLUGIN
 *
 * PLUGIN may be /proc/self/fd/N, so that the file that was checked is the file that
 * is loaded.  The main thread gives up rights, loads the plugin, says what it
 * registered, and then only reads frames; worker threads run the callbacks.
 */
#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/priority.h"
#include "host/call.h"
#include "host/load.h"
#include "host/lockdown.h"
#include "host/sandbox.h"

#define SOCKET_FD 3
#define DEFAULT_DATA_LIMIT (UINT64_C(512) << 20)

struct options {
	const char *path;
	char *place;               /* where it lies; owned */
	const char *file;          /* its name for texts; points into 'place' */
	pid_t parent;
	uint64_t data_limit;
	int page_fd;               /* of the crash page; -1: none */
	bool requires_sandbox;     /* rather no plugin than one that is not locked in */
};

/* The descriptor in "/proc/self/fd/N", or -1. */
static int path_descriptor(const char *path)
{
	static const char folder[] = "/proc/self/fd/";
	char *end;
	long number;

	if (strncmp(path, folder, sizeof(folder) - 1) != 0)
		return -1;
	number = strtol(path + sizeof(folder) - 1, &end, 10);
	return *end == '\0' && number > SOCKET_FD && number <= INT_MAX ? (int)number : -1;
}

/* Where the plugin lies, also if it was handed over as a descriptor. */
static char *find_place(const char *path)
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target) - 1);

	return path_descriptor(path) >= 0 && size > 0 ? xstrndup(target, (size_t)size) : xstrdup(path);
}

static int parse_options(int argc, char **argv, struct options *ret_options)
{
	struct options options = {.data_limit = DEFAULT_DATA_LIMIT, .page_fd = -1};
	const char *slash;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--parent=", 9) == 0)
			options.parent = atoi(argv[i] + 9);
		else if (strncmp(argv[i], "--data-limit=", 13) == 0)
			options.data_limit = strtoull(argv[i] + 13, NULL, 10);
		else if (strncmp(argv[i], "--crash-page=", 13) == 0)
			options.page_fd = atoi(argv[i] + 13);
		else if (strcmp(argv[i], "--sandbox=require") == 0)
			options.requires_sandbox = true;
		else if (strcmp(argv[i], "--sandbox=prefer") == 0)
			options.requires_sandbox = false;
		else if (argv[i][0] == '-' || options.path)
			return -1;
		else
			options.path = argv[i];
	}
	if (!options.path || options.data_limit == 0)
		return -1;
	options.place = find_place(options.path);
	slash = strrchr(options.place, '/');
	options.file = slash ? slash + 1 : options.place;
	*ret_options = options;
	return 0;
}

static json_t *make_hello(const struct mortise_plugin *plugin, const struct mortise_registrar *reg)
{
	return json_pack("{s:s, s:s, s:s, s:[i,i], s:O}", "plugin", plugin->name, "version",
		plugin->version, "license", plugin->license, "abi", plugin->abi_major,
		plugin->abi_minor, "providers", reg->providers);
}

/* Say which pieces of the sandbox this kernel lacks, while nobody else can say it. */
static int tell_lacking(struct wire *wire, const struct options *options, struct err *err)
{
	cleanup_json json_t *json = json_object();
	json_t *pieces = json_array();
	unsigned lacking = sandbox_lacking();

	json_object_set_new(json, "lacking", pieces);
	for (unsigned piece = SANDBOX_LANDLOCK; piece <= SANDBOX_SECCOMP; piece <<= 1)
		if (lacking & piece)
			json_array_append_new(pieces, json_string(sandbox_piece_name(piece)));
	if (lacking == 0)
		return 0;
	if (options->requires_sandbox)
		return err_set(err, MORTISE_E_UNSUPPORTED, "%s: the sandbox is not whole here, %s%s%s "
			"is lacking, and sandbox = \"require\": use a kernel that has it, or set "
			"sandbox = \"prefer\"", options->file,
			json_string_value(json_array_get(pieces, 0)),
			json_array_size(pieces) > 1 ? " and " : "",
			json_array_size(pieces) > 1 ? json_string_value(json_array_get(pieces, 1)) : "");
	return wire_send(wire, FRAME_LACKING, 0, 0, json, err);
}

/* All that must be over before foreign code runs, constructors included. */
static int lock_down(const struct options *options, struct wire *wire, struct calls *calls,
	struct err *err)
{
	struct crash_page *page;
	int ret = lockdown_bind_parent(options->parent, err);

	if (ret < 0)
		return ret;
	lockdown_preload();
	page = lockdown_map_page(options->page_fd);
	lockdown_close_files(path_descriptor(options->path));
	ret = lockdown_limit(options->data_limit, err);
	if (ret == 0)
		ret = tell_lacking(wire, options, err);
	if (ret == 0)
		ret = sandbox_restrict_files(options->path, err);
	if (ret == 0)
		ret = calls_start(calls, wire, err);
	return ret < 0 ? ret : sandbox_restrict_calls(page, err);
}

static int load_plugin(const struct options *options, struct mortise_plugin *ret_plugin,
	struct mortise_registrar *reg, struct err *err)
{
	int ret = load_open(options->path, options->place, options->file, ret_plugin, err);

	if (path_descriptor(options->path) >= 0)
		close(path_descriptor(options->path));
	return ret < 0 ? ret : load_run(ret_plugin, options->file, reg, err);
}

/* Give up the rest, say hello, and be ready. */
static int begin(struct wire *wire, struct calls *calls, const struct mortise_plugin *plugin,
	const struct mortise_registrar *reg, struct err *err)
{
	cleanup_json json_t *hello = make_hello(plugin, reg);
	int ret;

	if (!hello)
		return err_set(err, MORTISE_E_FIELD,
			"the plugin's name, version or license is not UTF-8: correct MORTISE_PLUGIN");
	ret = sandbox_leave_files(err);
	if (ret == 0)
		ret = calls_open(calls, reg, plugin->unload, registry_max_calls(reg), err);
	if (ret == 0)
		ret = sandbox_seal(err);
	if (ret == 0)
		ret = wire_send(wire, FRAME_HELLO, 0, 0, hello, err);
	if (ret == 0)
		ret = wire_send(wire, FRAME_READY, 0, 0, NULL, err);
	return ret;
}

static int refuse(struct wire *wire, const struct err *err)
{
	cleanup_json json_t *json = json_pack("{s:s}", "reason", err_text(err));

	(void)wire_send(wire, FRAME_REFUSED, 0, 0, json, NULL);
	return HOST_EXIT_REFUSED;
}

/* Read frames until mortised is gone; the workers end the process on FRAME_STOP.  A
 * plugin may be in the middle of anything, so nothing of it is cleaned up here. */
static void serve(struct wire *wire, struct calls *calls)
{
	cleanup_err struct err err = {0};
	struct frame frame;
	int ret;

	while ((ret = wire_next(wire, &frame, &err)) == 1)
		if ((ret = calls_take_frame(calls, &frame, &err)) < 0)
			break;
	if (ret < 0)
		fprintf(stderr, "mortise-host: %s\n", err_text(&err));
	_exit(ret < 0 ? HOST_EXIT_FRAME : HOST_EXIT_PEER);
}

int main(int argc, char **argv)
{
	static struct wire wire;
	static struct calls calls;
	static struct mortise_registrar registrar;
	static struct mortise_plugin plugin;
	static struct options options;
	cleanup_err struct err err = {0};
	int type;
	socklen_t size = sizeof(type);

	if (parse_options(argc, argv, &options) < 0 ||
		getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
		fputs("mortise-host is started by mortised, with a socket as descriptor 3\n", stderr);
		return HOST_EXIT_USAGE;
	}
	/* While it has one thread. */
	priority_stand_back();
	wire_init(&wire, SOCKET_FD);
	if (lock_down(&options, &wire, &calls, &err) < 0)
		return refuse(&wire, &err);
	registrar.providers = json_array();
	if (load_plugin(&options, &plugin, &registrar, &err) < 0 ||
		begin(&wire, &calls, &plugin, &registrar, &err) < 0)
		return refuse(&wire, &err);
	serve(&wire, &calls);
}
