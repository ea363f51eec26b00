/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows external users and teams, alone and in listings. */
#ifndef MORTISE_API_ACTOR_JSON_H
#define MORTISE_API_ACTOR_JSON_H

#include <stddef.h>

#include <jansson.h>

struct external_actor;

json_t *actor_json(const struct external_actor *actor);
/* A list that is freed. */
json_t *actor_json_list(struct external_actor *list_take, size_t len);

#endif
