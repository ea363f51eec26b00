/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which rules match, who owns what matches, and what follows from it: a project may have
 * its new issues assigned to their owner.  That is a job, so that taking events in never
 * waits for rules.
 */
#ifndef MORTISE_OWNER_ASSIGN_H
#define MORTISE_OWNER_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/owner/resolve.h"

struct daemon;
struct err;
struct owner_cache;
struct owner_subject;
struct tx;

#define OWNERS_SHOWN_MAX 100   /* owners and rules of one answer */

/* What is told of a subject; free with owner_verdict_clear. */
struct owner_verdict {
	struct owner_actor *owners;    /* of all rules that match, those of the last one first */
	size_t len;
	json_t *rules;                 /* [[["path", "src/a.c"], [["team", "web"]]]], the last first */
};

/* Match the rules of a project, at most 'rules_max', from the last one up; one none of whose
 * owners is anybody here does not count.  E_LIMIT if that takes too long.  In a read. */
int owner_judge(struct owner_cache *cache, struct tx *tx, const struct owner_place *place,
	struct owner_subject *subject, size_t rules_max, struct owner_verdict *ret_verdict,
	struct err *err);
void owner_verdict_clear(struct owner_verdict *verdict);
#define cleanup_owner_verdict __attribute__((__cleanup__(owner_verdict_clear)))

/* An issue is new or back: queue its assignment, if the project wants that.  1: queued, 0:
 * not wanted.  jobs_wake after the commit.  Store writer. */
int owner_assign_queue(struct tx *tx, int64_t project_id, int64_t issue_id, int64_t now_us,
	struct err *err);
/* Register the task. */
void owner_assign_setup(struct daemon *daemon);

#endif
