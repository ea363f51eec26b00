/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The tracker side of a provider: which callbacks it has, how long each may take, and one
 * way to call them that checks what comes back.  Request workers and job workers.
 */
#ifndef MORTISE_TRACKER_TRACKER_H
#define MORTISE_TRACKER_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;
struct job_run;
struct reg_provider;

/* The members of mortise_issue_provider and mortise_config_form, which say what goes in and
 * comes out. */
enum tracker_callback {
	TRACKER_FORM,
	TRACKER_CREATE,
	TRACKER_GET,
	TRACKER_LINKED,
	TRACKER_SEARCH,
	TRACKER_COMMENT_CREATE,
	TRACKER_COMMENT_UPDATE,
	TRACKER_STATUS_OUT,
	TRACKER_ASSIGNEE_OUT,
	TRACKER_STATUS_ACTION,
	TRACKER_CONFIG_FORM,
	TRACKER_CONFIG_SAVE,
	TRACKER_CALLBACK_LEN,
};

/* Can issues be linked: is it registered, with the feature for it? */
bool tracker_has_issues(const struct reg_provider *provider);
/* Did the provider register this callback? */
bool tracker_has(const struct reg_provider *provider, enum tracker_callback callback);
/* What the host knows it by: "issue:create". */
const char *tracker_callback_name(enum tracker_callback callback);

/* Is 'attribute' ("comment", "outbound_status", "inbound_status", "outbound_assignee",
 * "inbound_assignee") synced under this configuration of a link?  As a plugin says it in
 * `sync`; false for what it does not sync. */
bool tracker_syncs(const struct reg_provider *provider, const char *attribute,
	const json_t *config);
/* The web address of an issue from `key_url`, as a new string; NULL if there is none.
 * 'metadata' is the integration's. */
char *tracker_key_url(struct daemon *daemon, const struct reg_provider *provider,
	const json_t *metadata, const char *key);

/*
 * Call 'callback' in install scope and wait.  'run': of a job, whose time it has and whose
 * deaths it counts; NULL behind the API, where a form, a search and settings have 10 s, the
 * rest 25.  The output has the callback's form, else E_INTERNAL; effects are checked, for
 * the caller to apply.  E_UNSUPPORTED if the provider lacks the callback.
 */
int tracker_call(struct daemon *daemon, const struct call_scope *scope, struct job_run *run,
	enum tracker_callback callback, json_t *input, json_t **ret_output, json_t **ret_effects,
	struct err *err);

#endif
