/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What was put into a tracker's forms last, to be proposed next time: the fields that its
 * provider names, per project in the link's configuration (project_issue_defaults) and
 * per user and project in a table.  Inside a transaction.
 */
#ifndef MORTISE_TRACKER_DEFAULTS_H
#define MORTISE_TRACKER_DEFAULTS_H

#include <stdint.h>

#include <jansson.h>

struct err;
struct link;
struct reg_provider;
struct tx;

struct defaults_of {
	const struct reg_provider *provider;
	const struct link *link;
	int64_t project_id;
	int64_t account_id;        /* 0: no person */
};

/* As a new object; what the user put goes before what the project has. */
int defaults_read(struct tx *tx, const struct defaults_of *of, json_t **ret_defaults,
	struct err *err);
/* Keep what 'fields' has of them.  A value that is no short text, number, truth value or
 * list of such is not kept, and nothing is once the configuration is full. */
int defaults_keep(struct tx *tx, const struct defaults_of *of, const json_t *fields,
	int64_t now_us, struct err *err);

#endif
