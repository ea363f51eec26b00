/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Releases, their commits and their deploys as Sentry's API shows them.  Inside a read or
 * write transaction; private to core/api.
 *
 * What only Sentry's own storage knows is there, with the value that says so: events of a
 * release are not counted (newGroups 0, firstEvent and lastEvent null), and the authors are
 * those of its newest commits.
 */
#ifndef MORTISE_API_RELEASE_JSON_H
#define MORTISE_API_RELEASE_JSON_H

#include <jansson.h>

struct deploy;
struct err;
struct release;
struct release_commit;
struct tx;

int release_json(struct tx *tx, const struct release *release, json_t **ret_json,
	struct err *err);
json_t *release_commit_json(const struct release_commit *commit);
int deploy_json(struct tx *tx, const struct deploy *deploy, json_t **ret_json, struct err *err);

#endif
