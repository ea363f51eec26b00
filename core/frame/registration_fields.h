/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The registration structs of <mortise/plugin.h> as data: one table of (struct,
 * member, type, rule) that writes them as JSON in the host, reads them back in the
 * core, and checks them on both sides, so that the two never drift.
 *
 * A set of registrations is JSON: one object per provider,
 *   {"provider": {…}, "settings": […], "features": […], "credentials": […],
 *    "upstreams": […], "steps": [{…, "fields": […]}], "arrivals": […],
 *    "webhooks": [{…, "signatures": […], "tokens": […], "events": […], "replies": […]}],
 *    "pages": [{…, "tokens": […]}], "tasks": […], "repository_provider": {…},
 *    "issue_provider": {…}, "config_form": {…}}
 * with member names as in the header.  A member that is 0 or NULL is left out; a
 * callback is `true`.  Any thread.
 */
#ifndef MORTISE_FRAME_REGISTRATION_FIELDS_H
#define MORTISE_FRAME_REGISTRATION_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

struct err;

enum reg_kind {
	REG_PROVIDER,
	REG_SETTING,
	REG_FEATURE,
	REG_CREDENTIAL,
	REG_UPSTREAM,
	REG_STEP,
	REG_FIELD,
	REG_WEBHOOK,
	REG_SIGNATURE,
	REG_EVENT,
	REG_REPLY,
	REG_TOKEN,
	REG_PAGE,
	REG_TASK,
	REG_REPOSITORY_PROVIDER,
	REG_ISSUE_PROVIDER,
	REG_CONFIG_FORM,
	REG_KIND_LEN,
};

/* A registration of any kind, for one that is copied before it is looked at. */
union reg_any {
	struct mortise_provider provider;
	struct mortise_setting setting;
	struct mortise_feature feature;
	struct mortise_credential credential;
	struct mortise_upstream upstream;
	struct mortise_step step;
	struct mortise_field field;
	struct mortise_webhook webhook;
	struct mortise_signature signature;
	struct mortise_event event;
	struct mortise_reply reply;
	struct mortise_token token;
	struct mortise_page page;
	struct mortise_task task;
	struct mortise_repository_provider repository_provider;
	struct mortise_issue_provider issue_provider;
	struct mortise_config_form config_form;
	uint32_t size;
};

/* "credential": the word for texts. */
const char *reg_kind_name(enum reg_kind kind);
/* sizeof the struct, and the smallest size a plugin may give it. */
size_t reg_kind_size(enum reg_kind kind);
size_t reg_kind_min_size(enum reg_kind kind);

/* Check each member alone: required, names, bounds, known flags.  E_FIELD with a text
 * that names the member and what to do.  'registration' points to the whole struct. */
int reg_fields_check(enum reg_kind kind, const void *registration, struct err *err);
/* A new object.  'registration' has been checked. */
json_t *reg_fields_to_json(enum reg_kind kind, const void *registration);
/* Fill a struct from JSON: its strings are copies (reg_fields_clear), `size` is ours and
 * a callback that was registered becomes a function that is only good for comparing with
 * NULL.  Checks like reg_fields_check; a member nobody knows is an error.  Members that
 * hold lists (fields, signatures, tokens, events, replies) are left to the caller. */
int reg_fields_from_json(enum reg_kind kind, const json_t *json, void *ret_registration,
	struct err *err);
void reg_fields_clear(enum reg_kind kind, void *registration);

/* Check what one provider's registrations say about each other: names used twice, and
 * names of credentials, upstreams, settings, tasks that do not exist; and what the members
 * of one registration say about each other.  'provider' is one object of the set, each part
 * of which has passed the checks above. */
int reg_references_check(const json_t *provider, struct err *err);

#endif
