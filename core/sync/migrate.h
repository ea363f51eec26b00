/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Taking over what an older system left: links of issues and repositories that
 * `mortisectl import legacy` brought.  An integration takes over what is its own when it is
 * installed, and when more is imported.
 */
#ifndef MORTISE_SYNC_MIGRATE_H
#define MORTISE_SYNC_MIGRATE_H

#include <stdint.h>

#include "core/job/job.h"

struct err;
struct reg_provider;
struct tx;

#define MIGRATE_ISSUES "migrate_issues"
#define MIGRATE_REPO "migrate_repo"

struct migrate {
	const struct reg_provider *provider;
	int64_t organization_id, integration_id, link_id;
	const char *origin;
	int64_t now_us;
};

/* Queue the jobs for what one link may take over; none if there is nothing.  In a write
 * transaction; jobs_wake after it. */
int migrate_queue(struct tx *tx, const struct migrate *migrate, struct err *err);

job_fn migrate_issues, migrate_repo;

#endif
