/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Running the calls of files against the loaded plugin, once or often, one by one or at
 * once, and holding what comes back against what the files expect.  Main thread.
 */
#ifndef MORTISE_CHECK_REPLAY_H
#define MORTISE_CHECK_REPLAY_H

#include <stddef.h>
#include <stdint.h>

struct report;
struct runner;

struct replay_options {
	char *const *paths;        /* of the files */
	size_t path_len;
	int64_t timeout_ms;        /* of one call */
	size_t repeat;             /* runs of each call, at least 1 */
	size_t threads;            /* calls at once, at least 1 */
};

void replay_run(struct runner *runner, const struct replay_options *options,
	struct report *report);

#endif
