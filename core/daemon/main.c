/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * mortised: the command line, and what the process needs before any thread runs.
 */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <curl/curl.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/daemon/notify.h"

#define EXIT_USAGE 2

static const char usage[] =
	"usage: mortised [--config FILE] [--check-config] [--version] [--help]\n"
	"\n"
	"  --config FILE    read FILE and conf.d/ beside it (default: %s)\n"
	"  --check-config   say whether the configuration is good, and end\n"
	"  --version        print the version, and end\n";

struct options {
	const char *config;
	bool check_config;
};

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};

	for (int option; (option = getopt_long(argc, argv, "c:h", longs, NULL)) >= 0;) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'k':
			options->check_config = true;
			break;
		case 'v':
			printf("mortised %s (plugin ABI %d.%d)\n", PACKAGE_VERSION,
				MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR);
			return EXIT_SUCCESS;
		case 'h':
			printf(usage, MORTISE_CONFIG_FILE);
			return EXIT_SUCCESS;
		default:
			fprintf(stderr, usage, MORTISE_CONFIG_FILE);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, usage, MORTISE_CONFIG_FILE);
		return EXIT_USAGE;
	}
	return -1;
}

/* No core dump may hold a key; files are ours alone; signals belong to the loop. */
static void prepare_process(void)
{
	struct rlimit limit = {0, 0};
	sigset_t all;

	setrlimit(RLIMIT_CORE, &limit);
	prctl(PR_SET_DUMPABLE, 0);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	/* By which the service manager ends a daemon that hangs. */
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static int fail(const char *doing, struct err *err)
{
	log_error("daemon.failed", LOG_TEXT("while", doing), LOG_TEXT("reason", err_text(err)));
	notify_failed(err_text(err));
	err_clear(err);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = {.config = MORTISE_CONFIG_FILE};
	struct settings *settings;
	struct daemon *daemon;
	struct err err = {0};
	int status = parse_options(argc, argv, &options);

	if (status >= 0)
		return status;
	if (settings_load(options.config, &settings, &err) < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		notify_failed(err_text(&err));
		err_clear(&err);
		return EXIT_FAILURE;
	}
	if (options.check_config) {
		printf("%s: good\n", options.config);
		settings_free(settings);
		return EXIT_SUCCESS;
	}
	log_setup(settings->log_level, settings->log_format);
	prepare_process();
	if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		err_set(&err, MORTISE_E_INTERNAL, "libsodium or libcurl cannot be initialised");
		return fail("starting", &err);
	}
	if (daemon_new(settings, &daemon, &err) < 0)
		return fail("starting", &err);
	status = daemon_run(daemon, &err) < 0 ? fail("starting", &err) : EXIT_SUCCESS;
	daemon_free(daemon);
	curl_global_cleanup();
	return status;
}
