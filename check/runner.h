/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The part of mortised that runs a plugin, without the rest: the real registry,
 * supervisor and host process, so that what passes here passes in the daemon.  There is
 * no store and no network; what the plugin asks for during a call is answered by a
 * script (script.h).
 *
 * The loop runs on a thread of its own; everything here is for the main thread.
 */
#ifndef MORTISE_CHECK_RUNNER_H
#define MORTISE_CHECK_RUNNER_H

#include <pthread.h>
#include <stdint.h>

#include "core/daemon/daemon.h"

struct err;
struct reg_provider;

struct runner_options {
	const char *plugin;        /* path of the shared object */
	const char *host_path;     /* of mortise-host; NULL: as installed */
	const char *config;        /* a mortise.conf for the settings of providers, or NULL */
	int64_t ready_ms;          /* how long loading may take */
};

struct runner {
	struct daemon daemon;
	pthread_t loop_thread;
	char *name;                /* of the plugin */
};

/* Start the host process and load the plugin.  When that fails, with the reason that the
 * daemon would give, runner_stop is still due. */
int runner_start(struct runner *runner, const struct runner_options *options, struct err *err);
void runner_stop(struct runner *runner);
/* Forget how often the host died, so that it is started again at once.  Any thread. */
void runner_forgive(struct runner *runner);
/* All providers of the plugin, each with a reference; free the array. */
const struct reg_provider **runner_providers(struct runner *runner, size_t *ret_len);

#endif
