/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows data forwarders, secrets in the clear to those who may change them.
 * Request workers; private to core/api. */
#ifndef MORTISE_API_DATA_FORWARDER_JSON_H
#define MORTISE_API_DATA_FORWARDER_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct api_call;
struct data_forwarder;
struct err;
struct tx;

/* May the caller change this project?  1 or 0. */
int data_forwarder_may_write(struct tx *tx, const struct api_call *call, int64_t project_id,
	struct err *err);
/* With its enrolments, read here.  In a transaction. */
int data_forwarder_json(struct tx *tx, const struct api_call *call,
	const struct data_forwarder *forwarder, json_t **ret_json, struct err *err);

#endif
