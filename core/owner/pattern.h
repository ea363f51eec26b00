/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The two kinds of patterns that name what is owned.  A backslash is a slash, in patterns
 * and in texts, so that paths of Windows are matched.  Pure functions; any thread.
 *
 * Patterns and texts come from outside, and a text is tried against many: each step of
 * the comparison counts down '*steps', and at 0 nothing matches any more.
 */
#ifndef MORTISE_OWNER_PATTERN_H
#define MORTISE_OWNER_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_SIZE_MAX 1024  /* bytes; a longer one is no pattern */

/* Ownership rules: all of 'text', in any case; "*" is anything, slashes too, "?" one
 * character, "[a-c]" and "[!a-c]" one of a class. */
bool pattern_matches(const char *pattern, const char *text, uint64_t *steps);

/* CODEOWNERS: as in .gitignore, without "!" and classes.  "*" and "?" stop at slashes, "**"
 * does not.  A pattern with no slash but at its end matches at any depth, another from the
 * root.  A folder means all that is in it; with a slash at its end nothing else is meant, and
 * with a slash and "*" only what is directly in it.  A slash in front of 'path' is left out. */
bool pattern_matches_path(const char *pattern, const char *path, uint64_t *steps);

#endif
