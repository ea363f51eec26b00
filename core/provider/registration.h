/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What one plugin process registered: one immutable set with a generation number.
 *
 * The structs of <mortise/plugin.h> are reused as containers: their strings are
 * owned by the set, and a callback member is only compared with NULL here (it is
 * not callable on this side).  Any thread; hold a reference.
 */
#ifndef MORTISE_PROVIDER_REGISTRATION_H
#define MORTISE_PROVIDER_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

struct err;

struct reg_step {
	struct mortise_step step;
	struct mortise_field *fields;
	size_t field_len;
};

struct reg_webhook {
	struct mortise_webhook webhook;
	struct mortise_signature *signatures;
	size_t signature_len;
	struct mortise_token *tokens;
	size_t token_len;
	struct mortise_event *events;
	size_t event_len;
	struct mortise_reply *replies;
	size_t reply_len;
};

struct reg_page {
	struct mortise_page page;
	struct mortise_token *tokens;
	size_t token_len;
};

struct reg_provider {
	struct registration *registration;
	struct mortise_provider provider;
	struct mortise_setting *settings;
	size_t setting_len;
	struct mortise_feature *features;
	size_t feature_len;
	struct mortise_credential *credentials;
	size_t credential_len;
	struct mortise_upstream *upstreams;
	size_t upstream_len;
	struct reg_step *steps;
	size_t step_len;
	struct mortise_field *arrivals;
	size_t arrival_len;
	struct reg_webhook *webhooks;
	size_t webhook_len;
	struct reg_page *pages;
	size_t page_len;
	struct mortise_task *tasks;
	size_t task_len;
	bool has_repository_provider;
	struct mortise_repository_provider repository_provider;
	bool has_issue_provider;
	struct mortise_issue_provider issue_provider;
	bool has_config_form;
	struct mortise_config_form config_form;
};

struct registration {
	char *plugin;              /* "github" */
	char *version;
	int64_t generation;
	struct reg_provider *providers;
	size_t provider_len;
};

/* From the JSON of a host's hello, or of the store; checks names, bounds and
 * references between registrations. */
int registration_parse(const json_t *json, int64_t generation, struct registration **ret_registration,
	struct err *err);
struct registration *registration_ref(struct registration *registration);
void registration_unref(struct registration *registration);
void registration_unrefp(struct registration **registration);

/* By name inside one provider; NULL if there is none. */
const struct mortise_setting *reg_setting(const struct reg_provider *provider, const char *name);
const struct mortise_credential *reg_credential(const struct reg_provider *provider, const char *name);
const struct mortise_upstream *reg_upstream(const struct reg_provider *provider, const char *name);
const struct reg_step *reg_step_find(const struct reg_provider *provider, const char *name);
const struct mortise_task *reg_task(const struct reg_provider *provider, const char *name);
const struct reg_webhook *reg_webhook_find(const struct reg_provider *provider, const char *name);
const struct reg_page *reg_page_find(const struct reg_provider *provider, const char *name);
/* The name that rows carry: row_key, else key.  The URL segment: slug, else key. */
const char *reg_row_key(const struct reg_provider *provider);
const char *reg_slug(const struct reg_provider *provider);
/* Is it a URL segment of the provider: its slug, or one of its further ones? */
bool reg_has_slug(const struct reg_provider *provider, const char *slug);
/* A segment that both claim (new string), or NULL. */
char *reg_shared_slug(const struct reg_provider *a, const struct reg_provider *b);
/* Signature of the step list (kinds, names, fields), hex; a pipeline goes on only
 * while it is unchanged. */
void reg_step_signature(const struct reg_provider *provider, char ret_hex[65]);

#endif
