/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * mortise-check: does a plugin do what the daemon will want of it?
 *
 * Reads its ELF note, loads it in a real host process, looks at what it registered, and
 * runs the calls that files describe.  Exit status: 0 good; 1 something is wrong, and the
 * output says what; 2 the command line was wrong.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "check/registrations.h"
#include "check/replay.h"
#include "check/report.h"
#include "check/runner.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/provider/plugin_note.h"
#include "core/provider/registration.h"

#define EXIT_USAGE 2
#define TIMEOUT_MAX_S 600
#define REPEAT_MAX 10000000
#define THREADS_MAX 64

struct options {
	struct runner_options runner;
	struct replay_options replay;
	bool as_json, verbose, strict;
};

static void print_help(FILE *to)
{
	fputs("usage: mortise-check [OPTION]... PLUGIN.so [CALLS.json]...\n\n"
	      "  --json            print the result as one JSON object\n"
	      "  --strict          a warning is an error\n"
	      "  --config FILE     take providers' settings from this mortise.conf\n"
	      "  --timeout SECONDS of loading and of each call (default: 30)\n"
	      "  --repeat N        run each call N times, and look for leaks\n"
	      "  --threads N       run N calls at once\n"
	      "  --host PATH       the mortise-host to use (default: " MORTISE_HOST_PATH ")\n"
	      "  --verbose         show what the plugin logs, and how the host is doing\n"
	      "  --help            print this, and end\n"
	      "  --version         print the version, and end\n", to);
}

static int usage(const char *reason)
{
	fprintf(stderr, "mortise-check: %s; see mortise-check --help\n", reason);
	return EXIT_USAGE;
}

enum {
	TAKE_CONFIG = 256,
	TAKE_HELP,
	TAKE_HOST,
	TAKE_JSON,
	TAKE_REPEAT,
	TAKE_STRICT,
	TAKE_THREADS,
	TAKE_TIMEOUT,
	TAKE_VERBOSE,
	TAKE_VERSION,
};

static const struct option known_options[] = {
	{"config", required_argument, NULL, TAKE_CONFIG},
	{"help", no_argument, NULL, TAKE_HELP},
	{"host", required_argument, NULL, TAKE_HOST},
	{"json", no_argument, NULL, TAKE_JSON},
	{"repeat", required_argument, NULL, TAKE_REPEAT},
	{"strict", no_argument, NULL, TAKE_STRICT},
	{"threads", required_argument, NULL, TAKE_THREADS},
	{"timeout", required_argument, NULL, TAKE_TIMEOUT},
	{"verbose", no_argument, NULL, TAKE_VERBOSE},
	{"version", no_argument, NULL, TAKE_VERSION},
	{0},
};

static bool take_number(size_t min, size_t max, size_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(optarg, &end, 10);

	*ret_number = number;
	return optarg[0] != '-' && end != optarg && !*end && number >= min && number <= max;
}

/* One option.  -1: go on; else the exit status. */
static int take_option(int option, struct options *options)
{
	switch (option) {
	case TAKE_CONFIG:
		options->runner.config = optarg;
		return -1;
	case TAKE_HELP:
		print_help(stdout);
		return EXIT_SUCCESS;
	case TAKE_HOST:
		options->runner.host_path = optarg;
		return -1;
	case TAKE_JSON:
		options->as_json = true;
		return -1;
	case TAKE_REPEAT:
		return take_number(1, REPEAT_MAX, &options->replay.repeat) ? -1 :
			usage("--repeat is a number of runs, at most 10000000");
	case TAKE_STRICT:
		options->strict = true;
		return -1;
	case TAKE_THREADS:
		return take_number(1, THREADS_MAX, &options->replay.threads) ? -1 :
			usage("--threads is a number of calls at once, at most 64");
	case TAKE_TIMEOUT:
		options->replay.timeout_ms = (int64_t)(strtod(optarg, NULL) * 1000);
		if (options->replay.timeout_ms >= 1 && options->replay.timeout_ms <= TIMEOUT_MAX_S * 1000)
			return -1;
		return usage("--timeout is a number of seconds, at most 600");
	case TAKE_VERBOSE:
		options->verbose = true;
		return -1;
	case TAKE_VERSION:
		printf("mortise-check %s, plugin ABI %d.%d\n", PACKAGE_VERSION, MORTISE_ABI_MAJOR,
			MORTISE_ABI_MINOR);
		return EXIT_SUCCESS;
	default:
		return usage("that is no option");
	}
}

/* -1: go on; else the exit status. */
static int take_options(int argc, char **argv, struct options *options)
{
	int option, status = -1;

	while (status < 0 && (option = getopt_long(argc, argv, "", known_options, NULL)) != -1)
		status = take_option(option, options);
	if (status >= 0)
		return status;
	if (optind == argc)
		return usage("which plugin?");
	options->runner.plugin = argv[optind];
	options->replay.paths = argv + optind + 1;
	options->replay.path_len = (size_t)(argc - optind - 1);
	return -1;
}

/* The note, which needs no code of the plugin.  False: there is no use in loading it. */
static bool check_note(const struct options *options, struct report *report)
{
	cleanup_err struct err err = {0};
	struct plugin_note note;
	int fd;

	if (plugin_note_open(options->runner.plugin, &fd, &note, &err) < 0) {
		report_error(report, NULL, "%s", err_text(&err));
		return false;
	}
	close(fd);
	report_note(report, "%s: %s %s, licence %s, plugin ABI %d.%d", report->file, note.name,
		note.version, note.license, note.abi_major, note.abi_minor);
	json_decref(report->plugin);
	report->plugin = json_pack("{s:s, s:s, s:s, s:[i,i]}", "name", note.name, "version", note.version,
		"license", note.license, "abi", note.abi_major, note.abi_minor);
	registrations_check_note(&note, report);
	return true;
}

static void check_providers(struct runner *runner, struct report *report)
{
	size_t len;
	const struct reg_provider **providers = runner_providers(runner, &len);

	for (size_t i = 0; i < len; i++) {
		registrations_check(providers[i], report);
		registration_unref(providers[i]->registration);
	}
	free(providers);
}

static void check_loaded(const struct options *options, struct report *report)
{
	cleanup_err struct err err = {0};
	struct runner runner;

	if (runner_start(&runner, &options->runner, &err) < 0) {
		report_error(report, NULL, "%s", err_text(&err));
	} else {
		check_providers(&runner, report);
		if (options->replay.path_len > 0)
			replay_run(&runner, &options->replay, report);
	}
	runner_stop(&runner);
}

int main(int argc, char **argv)
{
	struct options options = {.replay = {.timeout_ms = 30000, .repeat = 1, .threads = 1}};
	struct report report;
	int status = take_options(argc, argv, &options);
	bool good;

	if (status >= 0)
		return status;
	if (sodium_init() < 0)
		abort();
	options.runner.ready_ms = options.replay.timeout_ms;
	log_setup(options.verbose ? MORTISE_LOG_DEBUG : MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	report_init(&report, options.runner.plugin, options.as_json);
	if (check_note(&options, &report))
		check_loaded(&options, &report);
	good = report.error_len == 0 && !(options.strict && report.warning_len > 0);
	if (report_finish(&report) < 0)
		good = false;
	report_clear(&report);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
