/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Keeping issues and trackers in step: jobs that carry one change out to one tracker
 * (core/issue/outbound.h inserts them), and jobs that carry one in (the effects status_in
 * and assignee_in do).  docs/sync.md tells an operator what happens when.
 *
 * A job reads the state of now, not that of its insertion, and writes what it learned in
 * the transaction that ends it.  What holds it back is its outcome, which `mortisectl job
 * show` has; what fails for good is an activity of the issue, too.
 */
#ifndef MORTISE_SYNC_SYNC_H
#define MORTISE_SYNC_SYNC_H

struct daemon;

/* Tasks of one organization's changes that came in from a tracker. */
#define SYNC_STATUS_INBOUND "sync_status_inbound"
#define SYNC_ASSIGNEE_INBOUND "sync_assignee_inbound"

/* Before jobs start. */
void sync_setup(struct daemon *daemon);

#endif
