/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The table of tasks: which there are, and how each is tried again. */
#include "config.h"
#include "core/sync/sync.h"

#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/outbound.h"
#include "core/sync/migrate.h"
#include "core/sync/sync_private.h"

/* Once, and five times more, five minutes apart. */
#define RETRY .attempts = 6, .delay_ms = 300 * 1000, .factor_percent = 100

static const struct {
	const char *name;
	struct job_policy policy;
	job_fn *run;
} tasks[] = {
	{OUTBOUND_NOTE_NEW, {RETRY}, sync_create_comment},
	{OUTBOUND_NOTE_EDITED, {RETRY}, sync_update_comment},
	{OUTBOUND_STATUS, {RETRY}, sync_kick_off_status_syncs},
	{SYNC_STATUS_OUTBOUND, {RETRY}, sync_status_outbound},
	{OUTBOUND_ASSIGNEE, {RETRY, .deadline_ms = 30 * 1000}, sync_assignee_outbound},
	{SYNC_STATUS_INBOUND, {RETRY}, sync_status_inbound},
	{SYNC_ASSIGNEE_INBOUND, {RETRY}, sync_assignee_inbound},
	{MIGRATE_ISSUES, {RETRY}, migrate_issues},
	{MIGRATE_REPO, {RETRY}, migrate_repo},
};

void sync_setup(struct daemon *daemon)
{
	for (size_t i = 0; i < lengthof(tasks); i++)
		jobs_add_task(daemon->jobs, tasks[i].name, &tasks[i].policy, tasks[i].run, NULL);
}
