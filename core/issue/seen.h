/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * An issue is seen: an event of it came in, or an application that keeps its own issues
 * reports it.  The first of its hashes that is known leads to the issue; if none is, one
 * is made.  Counts, first and last time and release follow, and a resolved issue that is
 * seen again may regress.  Store writer thread: no time, no randomness.
 *
 * When does a resolved issue regress?  Without a release on its resolution: always.
 * Resolved in release R: by events of R and of later ones.  Resolved after release A (in
 * the next release): by events of releases later than A.  Later means the higher semantic
 * version where the project follows them and the event's release is one, else the later
 * date.  An event that names no release cannot tell, so it reopens nothing that was
 * resolved by release.  While the newest commit that resolves the issue has reached no
 * release, nothing reopens it.  An event that happened before the issue was resolved, by
 * more than clocks differ, came late and reopens nothing.
 */
#ifndef MORTISE_ISSUE_SEEN_H
#define MORTISE_ISSUE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct tx;

#define ISSUE_HASHES_MAX 8

struct issue_seen {
	int64_t organization_id, project_id;
	const char *const *hashes;         /* best first; 1 to ISSUE_HASHES_MAX */
	size_t hash_len;
	/* For a new issue; title and culprit are cut to what fits. */
	const char *title;
	const char *culprit, *type, *platform, *logger, *url;      /* or NULL */
	int level;                         /* ISSUE_; 0: error */
	const json_t *metadata;            /* object, or NULL */
	bool describe;                     /* a known issue takes these words too */
	const char *release;               /* version; made if it is new; or NULL */
	const char *user;                  /* digest of who saw it, or NULL */
	const char *event_id;              /* shown with a regression; or NULL */
	int64_t times;                     /* 0: once */
	int64_t seen_at_us;                /* when it happened */
	int64_t now_us;
	const char *origin;                /* "system" for events, else who reported */
};

struct issue_seen_result {
	int64_t issue_id;
	int64_t release_id;                /* 0: none */
	bool created, regressed;
};

/* jobs_wake() after the commit if it regressed. */
int issue_seen(struct tx *tx, const struct issue_seen *seen, struct issue_seen_result *ret_result,
	struct err *err);

#endif
