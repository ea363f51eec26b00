/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The settings of a link: shown as the form of its provider, changed after its provider
 * has checked them.  A provider without a form takes what it is sent.  Request workers, but
 * for config_form_store; private to core/api.
 */
#ifndef MORTISE_API_CONFIG_FORM_H
#define MORTISE_API_CONFIG_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/provider/provider.h"

struct api_call;
struct err;
struct install;
struct integration;
struct link;
struct tx;

/* Fill `configOrganization` and `configData` of an item.  False if the provider cannot say
 * them now: the item's status is "disabled" and its data null, in this answer only. */
bool config_form_show(const struct api_call *call, const struct integration *integration,
	const struct link *link, json_t *item);

/* What becomes of a request's body; clear it. */
struct config_change {
	struct call_scope scope;   /* of the link; borrows from the install */
	json_t *patch;             /* merge patch, checked by the provider; or NULL */
	json_t *values;            /* else: members that replace those that are there */
	json_t *external_projects; /* the whole status map; or NULL */
	json_t *effects;           /* or NULL */
};

/* Let the provider check call->body. */
int config_form_ask(struct api_call *call, const struct install *install,
	struct config_change *ret_change, struct err *err);
/* In the transaction. */
int config_form_store(struct tx *tx, const struct config_change *change, int64_t now_us,
	struct err *err);
void config_change_clear(struct config_change *change);

#endif
