/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows providers and installed integrations. */
#ifndef MORTISE_API_INTEGRATION_JSON_H
#define MORTISE_API_INTEGRATION_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct api_call;
struct daemon;
struct err;
struct integration;
struct keyset;
struct link;
struct reg_provider;

/* The features of a provider's set, sorted. */
json_t *provider_features(const struct reg_provider *provider);
/* Its aspects; a text "setting:NAME" in them becomes what is configured. */
json_t *provider_aspects(struct daemon *daemon, const struct reg_provider *provider);
/* Has it what it needs, and may it be started from here? */
bool provider_can_add(struct daemon *daemon, const struct reg_provider *provider);
bool provider_has_feature(const struct reg_provider *provider, const char *feature);

/* The provider of an integration; one whose plugin is not loaded now leaves its key. */
json_t *integration_provider_json(struct daemon *daemon, const char *key);
/* An integration by itself, whoever it is linked to. */
json_t *integration_base(struct daemon *daemon, const struct integration *integration);
/* One item; without 'with_config' the form is left out and the data null. */
json_t *integration_item(struct daemon *daemon, const struct integration *integration,
	const struct link *link, bool with_config);
/* The same, read from the store by its link. */
int integration_item_read(struct daemon *daemon, int64_t link_id, json_t **ret_item,
	struct err *err);
/* The Link header of a page, as its rows were read. */
void integration_page_answer(const struct api_call *call, const struct keyset *place,
	const struct integration *integrations, const struct link *links, size_t len);

#endif
