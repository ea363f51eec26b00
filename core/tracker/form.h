/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Form fields as plugins give them and clients show them: which members there are, of
 * which type and how large (one table), and the fields that every form has.  Any thread.
 */
#ifndef MORTISE_TRACKER_FORM_H
#define MORTISE_TRACKER_FORM_H

#include <jansson.h>

struct err;

#define FORM_FIELDS_MAX 100
#define FORM_CHOICES_MAX 2000
#define FORM_SIZE_MAX (1 << 20)        /* bytes, as JSON */

/* A list of fields, each with a name of its own.  E_INTERNAL, with a text that names the
 * field and what is wrong with it. */
int form_fields_check(const json_t *fields, struct err *err);
/* Put "title" and "description" in front of a form that creates an issue, or
 * "externalIssue" of one that links it, as far as the provider has none of its own.
 * 'title' and 'description' are proposed; NULL: nothing.  The fields were checked.  Where
 * a field of type "blank" says why nothing can be made, nothing is added. */
void form_add_create_fields(json_t *fields, const char *title, const char *description);
void form_add_link_fields(json_t *fields);
/* Where a field's "url" says FORM_OWN_SEARCH it becomes 'url', which is where the
 * provider's search callback is reached; the plugin does not know it. */
#define FORM_OWN_SEARCH "/search/"
void form_address_searches(json_t *fields, const char *url);
/* Propose 'defaults' {name: value} where a field proposes nothing itself. */
void form_propose(json_t *fields, const json_t *defaults);

#endif
