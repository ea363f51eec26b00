/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Which repositories of an older system no integration takes over.  Request workers. */
#ifndef MORTISE_API_REPOSITORY_UNMIGRATABLE_H
#define MORTISE_API_REPOSITORY_UNMIGRATABLE_H

#include <jansson.h>

struct api_call;
struct err;

/* Those that stand without an integration under a name that its provider had there, and
 * that none of the provider's active integrations reaches: a new list.  A provider that
 * cannot be asked now has none. */
int repository_unmigratable(struct api_call *call, json_t **ret_list, struct err *err);

#endif
