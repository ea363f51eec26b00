/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * CODEOWNERS are kept in step with their repository: a commit that touches the file queues
 * a job that reads it again, for each mapping of the repository that has CODEOWNERS and
 * whose project wants it.
 */
#ifndef MORTISE_OWNER_FOLLOW_H
#define MORTISE_OWNER_FOLLOW_H

#include <stdint.h>

struct daemon;
struct err;
struct tx;

struct follow_new {
	int64_t repository_id;
	int64_t integration_id, link_id;
	const char *provider;      /* of the integration */
	int64_t now_us;
};
/* Queue it, if anything follows the repository.  1: queued, 0: not needed.  jobs_wake after
 * the commit.  Store writer. */
int follow_queue(struct tx *tx, const struct follow_new *follow, struct err *err);

/* Register the task. */
void follow_setup(struct daemon *daemon);

#endif
