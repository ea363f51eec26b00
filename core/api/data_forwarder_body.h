/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a request says of a data forwarder: read from the body and checked before anything
 * is written.  Names are taken in snake_case and in camelCase; errors carry them in
 * snake_case, as Sentry's clients expect here.  Pure functions, any thread; private to
 * core/api.
 */
#ifndef MORTISE_API_DATA_FORWARDER_BODY_H
#define MORTISE_API_DATA_FORWARDER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct forward_provider;

#define DATA_FORWARDER_PROJECTS_MAX 10000

struct data_forwarder_body {
	json_t *members;           /* by their names in snake_case; owned */
	/* Of the forwarder itself. */
	const char *name;          /* NULL: not sent */
	bool has_provider, has_config;
	const struct forward_provider *provider;
	json_t *config;            /* its texts that are not empty; owned */
	bool has_enabled, enabled; /* or of the project that is named */
	bool has_enroll, enroll_new_projects;
	/* Of projects. */
	bool has_projects;
	int64_t *project_ids;      /* ascending; owned */
	size_t project_len;
	int64_t project_id;        /* 0: not sent, or beside a whole forwarder */
	json_t *overrides;         /* {} if not sent */
};

/* All of it; without 'own' as if nothing was said of the forwarder itself.  E_FIELD with
 * every wrong member.  Clear it in any case. */
int data_forwarder_body_read(json_t *body, bool own, struct data_forwarder_body *ret_body,
	struct err *err);
void data_forwarder_body_clear(struct data_forwarder_body *body);
/* Does it name the project? */
bool data_forwarder_body_lists(const struct data_forwarder_body *body, int64_t project_id);

#endif
