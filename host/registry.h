/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the plugin registers during load: JSON for mortised, and the callbacks by
 * name for this process.  Main thread while loading, any thread afterwards.
 */
#ifndef MORTISE_HOST_REGISTRY_H
#define MORTISE_HOST_REGISTRY_H

#include <stddef.h>

#include <jansson.h>
#include <mortise/plugin.h>

#include "core/base/err.h"

struct callback_entry {
	const char *provider;              /* inside the registrar's JSON */
	char *name;                        /* "task:NAME", as call_request has it */
	mortise_callback *run;
};

struct mortise_registrar {
	json_t *providers;                 /* the set, as registration_fields.h shows it */
	struct callback_entry *callbacks;
	size_t callback_len;
	struct err err;                    /* the first refusal */
};

#define REGISTRATIONS_MAX 256          /* of one kind in one list */

const struct mortise_registry *registry_table(void);
/* After load: is the set complete and are its references sound? */
int registry_check(struct mortise_registrar *reg, struct err *err);
mortise_callback *registry_find(const struct mortise_registrar *reg, const char *provider,
	const char *callback);
/* The largest max_calls of its providers. */
int registry_max_calls(const struct mortise_registrar *reg);

#endif
