/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows repositories. */
#ifndef MORTISE_API_REPOSITORY_JSON_H
#define MORTISE_API_REPOSITORY_JSON_H

#include <stdbool.h>

#include <jansson.h>

struct api_call;
struct daemon;
struct reg_provider;
struct repository;

/* The provider that registered this repository provider id, with a reference, or NULL. */
const struct reg_provider *repository_provider_find(struct daemon *daemon, const char *id);

json_t *repository_json(struct daemon *daemon, const struct repository *repository);
/* With its settings too, which are null until a user sets some. */
json_t *repository_json_full(struct daemon *daemon, const struct repository *repository);

/* How Sentry says that a repository is there already: 400. */
void repository_exists(struct api_call *call);

#endif
