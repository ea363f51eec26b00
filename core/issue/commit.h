/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Commits and pull requests that resolve issues: "fixes SHOP-7A" links them; the issue
 * is resolved when the commit, or the one that merged the pull request, is in a release
 * of the issue's project.  Store writer thread: no time, no randomness.
 */
#ifndef MORTISE_ISSUE_COMMIT_H
#define MORTISE_ISSUE_COMMIT_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct issue_actor;
struct release;
struct tx;

/* A commit came in.  Issues of its organization that it names get a link and an
 * activity, once.  1: there was one, 0: none. */
int commit_link_issues(struct tx *tx, int64_t commit_id, const struct issue_actor *actor,
	struct err *err);
/* A pull request came in or changed: its title and text decide which issues are linked,
 * and links to those it no longer names go.  If it is merged by a commit that is released
 * already, they are resolved.  1: something changed, 0: nothing. */
int pull_request_link_issues(struct tx *tx, int64_t pull_request_id,
	const struct issue_actor *actor, struct err *err);

/* These are the commits of a release now, newest first; issues that they resolve are
 * resolved in it.  jobs_wake() after the commit. */
int release_take_commits(struct tx *tx, const struct release *release, const int64_t *commit_ids,
	size_t len, const struct issue_actor *actor, struct err *err);

#endif
