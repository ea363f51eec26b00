/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The columns of an issue, for the files that select them. */
#ifndef MORTISE_STORAGE_ISSUE_PRIVATE_H
#define MORTISE_STORAGE_ISSUE_PRIVATE_H

struct issue;
struct query;

/* Of issue as "i" and its project as "p". */
#define ISSUE_COLUMNS                                                                    \
	"i.id, i.organization_id, i.project_id, i.number, p.slug, i.title, i.culprit, " \
	"i.type, i.level, i.platform, i.logger, i.url, i.metadata, i.status, "          \
	"i.substatus, i.resolved_at, i.assignee_account_id, i.assignee_team_id, "       \
	"i.assigned_at, i.times_seen, i.users_seen, i.first_seen_at, i.last_seen_at, "  \
	"i.first_release_id, i.last_release_id, i.added_at, i.updated_at"

void issue_row_read(struct query *query, struct issue *ret_issue);

#endif
