/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Our issues that are linked to one issue of a tracker, for a panel there.  Inside a
 * transaction.
 */
#ifndef MORTISE_TRACKER_LINKED_H
#define MORTISE_TRACKER_LINKED_H

#include <stdint.h>

#include <jansson.h>

struct daemon;
struct err;
struct tx;

struct linked_query {
	const struct daemon *daemon;
	int64_t integration_id;
	int64_t organization_id;   /* 0: all that have the integration now */
	const char *key;
	int64_t now_us;
};

/* As MORTISE_READ_LINKED_ISSUES says. */
int linked_issues(struct tx *tx, const struct linked_query *query, json_t **ret_linked,
	struct err *err);

#endif
