/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The callbacks that a provider registered, as the daemon would call them: in which
 * scope, with which input, and what it does with the output.  Any thread.
 */
#ifndef MORTISE_CHECK_CALLBACK_H
#define MORTISE_CHECK_CALLBACK_H

#include <stdbool.h>

#include <jansson.h>

#include "core/tracker/tracker.h"

struct err;
struct reg_provider;
struct reg_step;
struct reg_webhook;
struct mortise_task;

struct callback {
	char *name;                    /* "webhook:NAME", as struct call_request has it */
	int scope;                     /* MORTISE_SCOPE_, that it has most often */
	bool is_job;                   /* may give checkpoints */
	const struct output_form *form;/* of its output */
	/* What it belongs to, or NULL. */
	const struct reg_step *step;
	const struct reg_webhook *webhook;
	const struct mortise_task *task;
	bool is_page;                  /* gives the data of an embedded page */
	bool is_tracker;               /* a callback of an issue provider or a config form: */
	enum tracker_callback tracker; /* this one */
};

void callback_clear(struct callback *callback);
#define cleanup_callback __attribute__((__cleanup__(callback_clear)))

/* E_NOT_FOUND, with the names of those that there are. */
int callback_find(const struct reg_provider *provider, const char *name,
	struct callback *ret_callback, struct err *err);
/* The names of all, as a new list. */
json_t *callback_names(const struct reg_provider *provider);
/* Would the daemon call it in this scope? */
bool callback_has_scope(const struct callback *callback, int scope);
/* Put into 'input' what the daemon always gives and the author left out.  E_FIELD for a
 * member that the daemon never gives, or an event that it would not hand over. */
int callback_fill_input(const struct callback *callback, int64_t now_ms, json_t *input,
	struct err *err);
/* Does the output have the form that the daemon needs?  E_FIELD if not. */
int callback_check_output(const struct callback *callback, const json_t *output, struct err *err);

#endif
