/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * CODEOWNERS files, as GitHub and GitLab know them, turned into ownership rules: paths of
 * the repository become paths of stack frames by a code mapping.
 *
 * A line is a path and its owners.  One whose path has a blank, "!", "#" or a class in
 * brackets is left out, as is one without owners.  Pure functions; any thread.
 */
#ifndef MORTISE_OWNER_CODEOWNERS_H
#define MORTISE_OWNER_CODEOWNERS_H

#include <stdbool.h>

struct buf;
struct owner_rules;

#define CODEOWNERS_LEN_MAX 3000000     /* characters of a file */

/* Add what the file says.  Below 'source_root' in the repository stands what is below
 * 'stack_root' in the frames.  False if there are more than OWNER_RULES_MAX rules and
 * owners: the rest is left out. */
bool codeowners_parse(struct owner_rules *rules, const char *raw, const char *stack_root,
	const char *source_root);

/* The pattern for frames of one path of the file.  A path with a slash before its last
 * character stands below the root: its slashes in front go, the first 'source_root' in it is
 * replaced, and runs of slashes become one, but for those of a scheme ("app:///").  Others stay. */
void codeowners_path(const char *path, const char *stack_root, const char *source_root,
	struct buf *path_out);

#endif
