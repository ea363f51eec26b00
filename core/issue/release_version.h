/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Release versions: `package@1.2.3-pre+build`.  Pure functions; any thread.
 *
 * A semantic version is one to four numbers (one to three dots, leading zeros are fine),
 * a pre-release and a build.  Without a package it needs two numbers, so that a build
 * number or an abbreviated commit is not taken for one.
 */
#ifndef MORTISE_ISSUE_RELEASE_VERSION_H
#define MORTISE_ISSUE_RELEASE_VERSION_H

#include <stdbool.h>
#include <stddef.h>

struct err;

#define RELEASE_VERSION_MAX 250        /* bytes, as in Sentry */

/* May a release have this version?  E_FIELD "version" if not. */
int release_version_check(const char *version, struct err *err);

struct release_version {
	const char *package;       /* not terminated; size 0: none */
	size_t package_size;
	const char *description;   /* what stands behind the package */
	bool is_semver;
	char *key;                 /* owned: strcmp orders as precedence does; or NULL */
};

void release_version_parse(const char *version, struct release_version *ret_version);
void release_version_clear(struct release_version *version);
/* The key alone, a new string; NULL if it is no semantic version. */
char *release_version_key(const char *version);

#endif
