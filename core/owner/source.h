/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Files of a repository, as its provider knows them: is there one, where does it stand on the
 * web, and what is in it?  What the plugin answers is checked here.  Workers: it waits for
 * the provider.
 */
#ifndef MORTISE_OWNER_SOURCE_H
#define MORTISE_OWNER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct call_scope;
struct daemon;
struct err;
struct job_run;
struct reg_provider;
struct repository;

struct source_request {
	struct daemon *daemon;
	const struct call_scope *scope;        /* of an install that the repository belongs to */
	struct job_run *job;                   /* that asks; or NULL */
	const struct repository *repository;
	const char *path;
	const char *ref;                       /* NULL: the default branch */
	bool content;                          /* give it, too */
	int64_t deadline_ms;
};

struct source_file {
	bool found;
	char *path;
	char *url;                     /* of the path, found or not */
	char *content;                 /* or NULL */
};

/* Can files of this provider's repositories be asked for? */
bool source_has_files(const struct reg_provider *provider);
/* Has it CODEOWNERS files? */
bool source_has_codeowners(const struct reg_provider *provider);

/* Free with source_file_clear.  E_FORBIDDEN: the upstream does not let us look. */
int source_file(const struct source_request *request, struct source_file *ret_file,
	struct err *err);
/* The repository's CODEOWNERS file; 'request' names no path.  Where one place cannot be
 * looked at the next one is tried: an error only if none is found. */
int source_codeowners(const struct source_request *request, struct source_file *ret_file,
	struct err *err);
/* Is 'path' one where this provider's CODEOWNERS file may stand? */
bool source_is_codeowners(const struct reg_provider *provider, const char *path);
void source_file_clear(struct source_file *file);
#define cleanup_source_file __attribute__((__cleanup__(source_file_clear)))

#endif
