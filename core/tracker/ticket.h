/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * An issue of ours as a tracker gets it: its title, where it is, and the text that a new
 * ticket proposes.  Inside a transaction; any thread.
 */
#ifndef MORTISE_TRACKER_TICKET_H
#define MORTISE_TRACKER_TICKET_H

#include <stdint.h>

#include <jansson.h>

struct daemon;
struct err;
struct issue;
struct reg_provider;
struct tx;

/* Where people see an issue: at the application that keeps it, else here.  A new string. */
int ticket_issue_url(struct tx *tx, const struct daemon *daemon, const struct issue *issue,
	char **ret_url, struct err *err);
/* {"id","short_id","title","url","project","description"}.  The description is a Markdown
 * link with the provider as `referrer`, an empty line, and what the issue's recommended
 * event says, in a code fence; without an event its title and culprit. */
int ticket_issue_json(struct tx *tx, const struct daemon *daemon,
	const struct reg_provider *provider, const struct issue *issue, json_t **ret_json,
	struct err *err);

#endif
