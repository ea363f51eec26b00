/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Removing organizations, projects and teams: the API begins it, a job does it in small
 * steps (core/storage/purge.h).  Before an organization goes, the plugin of each of its
 * integrations is told, once, to take back what it has upstream; one that cannot is logged
 * and holds nothing up.
 */
#ifndef MORTISE_API_DELETION_H
#define MORTISE_API_DELETION_H

#include <stdint.h>

#include "core/storage/purge.h"

struct daemon;
struct err;
struct tx;

/* Register the task and the sweep; before jobs start. */
int deletion_setup(struct daemon *daemon, struct err *err);
/* In the transaction that began it; jobs_wake after its commit. */
int deletion_queue(struct tx *tx, enum purge_kind kind, int64_t id, const char *origin,
	int64_t now_us, struct err *err);

#endif
