/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The forms with which an issue is linked, or created, at a tracker.  Request workers;
 * private to core/api.
 */
#ifndef MORTISE_API_ISSUE_FORM_H
#define MORTISE_API_ISSUE_FORM_H

#include <jansson.h>

struct api_call;
struct err;
struct install;

/* The fields of one form: what the provider gives for the query's parameters, the usual
 * fields, what was put in last time.  'action' is "create" or "link"; 'issue' (as
 * ticket_issue_json) and 'defaults' may be NULL. */
int issue_form(struct api_call *call, const struct install *install, const char *action,
	json_t *issue, json_t *defaults, json_t **ret_fields, struct err *err);
/* May issues be linked there just now?  E_UNSUPPORTED or E_SETTINGS with the reason. */
int issue_form_allowed(const struct install *install, struct err *err);

#endif
