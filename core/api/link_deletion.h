/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Removing an integration from an organization: the API marks the link, a
 * job removes it unless it was installed again meanwhile.
 */
#ifndef MORTISE_API_LINK_DELETION_H
#define MORTISE_API_LINK_DELETION_H

#include <stdint.h>

struct daemon;
struct err;
struct link;
struct tx;

/* Register the task and the sweep; before jobs start. */
int link_deletion_setup(struct daemon *daemon, struct err *err);
/* In the transaction that marked the link. */
int link_deletion_queue(struct tx *tx, const struct link *link, const char *origin,
	int64_t now_us, struct err *err);

#endif
