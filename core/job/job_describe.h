/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jobs as the operator sees them, and what he may say; shared with webhooks. */
#ifndef MORTISE_JOB_JOB_DESCRIBE_H
#define MORTISE_JOB_JOB_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct job_row;

const char *job_status_name(int status);
/* E_FIELD for an unknown name. */
int job_status_parse(const char *name, int *ret_status, struct err *err);
/* A new object, see job_admin.h. */
json_t *job_describe(const struct job_row *row);
/* A row's id, given as text. */
int job_parameter_id(const json_t *parameters, const char *name, int64_t *ret_id,
	struct err *err);
/* "before" and "limit" of a list. */
int job_parameter_page(const json_t *parameters, int64_t *ret_before, size_t *ret_max,
	struct err *err);

#endif
