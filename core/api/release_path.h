/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which release and which projects a request about releases names: the project of the path,
 * else those of `project` in the query, ids or slugs, once or several times; "-1" is all.
 * Inside a transaction; private to core/api.
 */
#ifndef MORTISE_API_RELEASE_PATH_H
#define MORTISE_API_RELEASE_PATH_H

#include <stdint.h>

struct api_call;
struct err;
struct release;
struct tx;

#define RELEASE_PROJECTS_MAX 100

struct release_choice {
	int64_t id;                /* the only one; 0: none, or several */
	char *list;                /* of several: ",3,7,"; else NULL */
};

/* E_NOT_FOUND, or E_FIELD for one of the query, if there is no such project. */
int release_path_projects(struct tx *tx, const struct api_call *call,
	struct release_choice *ret_choice, struct err *err);
void release_choice_clear(struct release_choice *choice);
#define cleanup_release_choice __attribute__((__cleanup__(release_choice_clear)))
/* The release of the path; below a project, one of that project.  E_NOT_FOUND. */
int release_path_find(struct tx *tx, const struct api_call *call, struct release *ret_release,
	struct err *err);

#endif
