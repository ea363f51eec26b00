/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What goes when a repository is deleted or hidden: the API marks the row, a job removes
 * what belongs to it, unless a user changed his mind meanwhile.
 */
#ifndef MORTISE_API_REPOSITORY_DELETION_H
#define MORTISE_API_REPOSITORY_DELETION_H

#include <stdint.h>

struct daemon;
struct err;
struct tx;

/* Register the tasks; before jobs start. */
void repository_deletion_setup(struct daemon *daemon);
/* In the transaction that marked the row at 'now_us'; jobs_wake after it. */
int repository_deletion_queue(struct tx *tx, int64_t id, const char *origin, int64_t now_us,
	struct err *err);
/* The same for one that was hidden. */
int repository_hiding_queue(struct tx *tx, int64_t id, const char *origin, int64_t now_us,
	struct err *err);

#endif
