/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The form of each effect: one table of (type, scopes, members) that the host uses
 * to refuse a malformed record at once, and the core uses to refuse a whole reply.
 * Any thread.
 */
#ifndef MORTISE_FRAME_EFFECT_FORMS_H
#define MORTISE_FRAME_EFFECT_FORMS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

#define EFFECTS_MAX_COUNT 10000        /* of one reply, or between two checkpoints */
#define EFFECTS_MAX_SIZE ((size_t)8 << 20)

struct effect_form;

/* NULL: no such type. */
const struct effect_form *effect_form_find(const char *type);
/* Check the members of a record; those nobody knows are an error, "type" aside.
 * E_INTERNAL with a text that names type and member. */
int effect_form_check(const struct effect_form *form, const json_t *record, struct err *err);
/* May it be given in a call of this scope (MORTISE_SCOPE_)?  E_INTERNAL if not. */
int effect_form_check_scope(const struct effect_form *form, int scope, struct err *err);

#endif
