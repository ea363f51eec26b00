/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the checks of references share.  'provider' is one object of the set, 'item' a
 * registration in it, 'kind' and 'label' are what texts call that item.  Any thread.
 */
#ifndef MORTISE_FRAME_REGISTRATION_REFERENCES_PRIVATE_H
#define MORTISE_FRAME_REGISTRATION_REFERENCES_PRIVATE_H

#include "core/frame/registration_fields.h"

const char *reg_text_in(const json_t *object, const char *member);
int64_t reg_number_in(const json_t *object, const char *member);

/* Each item of 'list' has a 'member' of its own. */
int reg_check_unique(const json_t *list, const char *kind, const char *member, struct err *err);
/* "provider:NAME" must be a secret setting; other slots, which the plugin fills as it
 * runs, must begin with one of the NULL-ended 'places'. */
int reg_check_slot(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, const char *const *places, struct err *err);
/* A value "setting:NAME" must name a setting that is not secret, the others a pointer or
 * a path. */
int reg_check_value(const json_t *provider, const json_t *item, const char *kind,
	const char *label, const char *member, struct err *err);

/* What comes in from an upstream (registration_incoming.c). */
int reg_check_webhook(const json_t *provider, const json_t *item, struct err *err);
int reg_check_page(const json_t *provider, const json_t *item, struct err *err);

#endif
