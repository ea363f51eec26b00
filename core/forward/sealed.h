/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How the values of a forwarder are stored: those that its provider's table calls readable
 * as they are, all others sealed.  Any thread.
 */
#ifndef MORTISE_FORWARD_SEALED_H
#define MORTISE_FORWARD_SEALED_H

#include <jansson.h>

struct err;
struct forward_provider;
struct forward_values;
struct vault;

#define FORWARD_CONFIG_COLUMN "data_forwarder.secrets"
#define FORWARD_OVERRIDES_COLUMN "data_forwarder_project.secrets"

/* Replace what 'stored' has, for the row of its uid, by an object of texts. */
void forward_values_seal(struct vault *vault, const char *column,
	const struct forward_provider *provider, json_t *values,
	struct forward_values *stored);
/* All of it again, a new object. */
int forward_values_open(struct vault *vault, const char *column,
	const struct forward_values *stored, json_t **ret_values, struct err *err);

#endif
