/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * mortisectl: the command line for operators, a client of the admin socket.
 *
 * Exit status: 0 done; 1 refused or failed, with the reason on standard error; 2 the
 * command line was wrong.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "ctl/backup.h"
#include "ctl/client.h"
#include "ctl/commands.h"
#include "ctl/import.h"
#include "ctl/print.h"
#include "ctl/record.h"

#define EXIT_USAGE 2
#define DEFAULT_SOCKET "/run/mortise/admin.sock"

struct options {
	const char *socket;
	bool json;
};

static void print_help(FILE *to)
{
	fputs("usage: mortisectl [--socket PATH] [--json] COMMAND\n\n"
	      "  --socket PATH  the daemon's admin socket (default: " DEFAULT_SOCKET ")\n"
	      "  --json         print the result as JSON\n"
	      "  --help         print this, and end\n"
	      "  --version      print the version, and end\n\ncommands:\n", to);
	for (const struct ctl_command *command = ctl_commands; command->words; command++) {
		cleanup_free char *synopsis = ctl_synopsis(command);

		fprintf(to, "  %s\n      %s\n", synopsis, command->help);
	}
}

static int usage(const char *reason)
{
	fprintf(stderr, "mortisectl: %s; see mortisectl --help\n", reason);
	return EXIT_USAGE;
}

/* Take the global options out of 'argv', wherever they stand before "--".  -1: go on,
 * with '*argc' words left; else the exit status. */
static int take_options(int *argc, char **argv, struct options *options)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[kept++] = argv[i++];
		} else if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if (strncmp(argv[i], "--socket=", 9) == 0) {
			options->socket = argv[i] + 9;
		} else if (strcmp(argv[i], "--socket") == 0) {
			if (++i == *argc)
				return usage("--socket needs a value");
			options->socket = argv[i];
		} else if (strcmp(argv[i], "--help") == 0) {
			print_help(stdout);
			return EXIT_SUCCESS;
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("mortisectl %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		} else {
			argv[kept++] = argv[i];
		}
	}
	*argc = kept;
	return -1;
}

static int print_reply(const struct ctl_command *command, json_t *result, bool json)
{
	cleanup_free char *text = json ? json_dumps(result, JSON_INDENT(2)) :
		print_result(command, result);
	bool written;

	written = fputs(text, stdout) >= 0 && (!json || putchar('\n') >= 0);
	return fflush(stdout) == 0 && written ? 0 : -1;
}

/* Receive all parts of a backup; the last has none of the data. */
static int run_backup(struct client *client, const char *file, json_t **ret_result,
	struct err *err)
{
	__attribute__((__cleanup__(backup_close))) struct backup backup = {.fd = -1};
	bool more = true;
	int result = backup_open(file, &backup, err);

	while (result == 0 && more) {
		cleanup_json json_t *part = NULL;

		result = client_receive(client, &part, &more, err);
		if (result == 0)
			result = backup_add(&backup, part, err);
	}
	if (result == 0)
		result = backup_finish(&backup, err);
	if (result == 0)
		*ret_result = json_pack("{s:s}", "file", file);
	return result;
}

/* Write each call as a line of its own, at once: a recording may be ended at any time. */
static int run_record(struct client *client, const char *file, json_t **ret_result,
	struct err *err)
{
	__attribute__((__cleanup__(record_close))) struct record record = {.fd = -1};
	bool more = true;
	int result = record_open(file, &record, err);

	while (result == 0 && more) {
		cleanup_json json_t *part = NULL;

		result = client_receive(client, &part, &more, err);
		if (result == 0)
			result = record_add(&record, part, err);
	}
	if (result == 0)
		*ret_result = json_pack("{s:s, s:I, s:I}", "file", file, "calls",
			(json_int_t)record.len, "dropped", (json_int_t)record.dropped);
	return result;
}

static int run(const struct options *options, const struct ctl_call *call, json_t **ret_result,
	struct err *err)
{
	__attribute__((__cleanup__(client_close))) struct client client = {.fd = -1};
	enum ctl_output output = call->command->output;
	bool streams = output == CTL_BACKUP || output == CTL_RECORD, more;
	int result = client_connect(options->socket, &client, err);

	if (result == 0 && output == CTL_IMPORT)
		return import_run(&client, call->file, ret_result, err);
	if (result == 0)
		result = client_send(&client, call->command->method, call->parameters, streams, err);
	if (result < 0)
		return result;
	if (output == CTL_RECORD)
		return run_record(&client, call->file, ret_result, err);
	if (streams)
		return run_backup(&client, call->file, ret_result, err);
	result = client_receive(&client, ret_result, &more, err);
	if (result == MORTISE_E_RETRY && call->command->may_hang_up) {
		/* It ended before its reply could leave: just what was asked for. */
		err_clear(err);
		*ret_result = json_object();
		return 0;
	}
	return result;
}

int main(int argc, char **argv)
{
	struct options options = {.socket = DEFAULT_SOCKET};
	cleanup_err struct err err = {0};
	cleanup_free char *reason = NULL;
	cleanup_free char *error = NULL;
	cleanup_json json_t *result = NULL;
	struct ctl_call call;
	int status = take_options(&argc, argv, &options);

	if (status >= 0)
		return status;
	if (ctl_parse(argc - 1, argv + 1, &call, &reason) < 0)
		return usage(reason);
	status = run(&options, &call, &result, &err);
	if (status == 0 && print_reply(call.command, result, options.json) < 0)
		status = err_set(&err, MORTISE_E_INTERNAL, "standard output cannot be written");
	ctl_call_clear(&call);
	if (status == 0)
		return EXIT_SUCCESS;
	error = print_clean(err_text(&err));
	fprintf(stderr, "mortisectl: %s\n", error);
	return EXIT_FAILURE;
}
