/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Making and changing code mappings: what is read of a body, what must hold, the row and
 * its audit entry.  For one mapping and for many at once.  Request workers and, for what
 * takes a transaction, write closures.
 */
#ifndef MORTISE_API_CODE_MAPPING_CHANGE_H
#define MORTISE_API_CODE_MAPPING_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/api/call.h"

struct body;
struct code_mapping;
struct tx;

/* As it was sent; texts are borrowed from the body. */
struct code_mapping_wanted {
	int64_t integration_id, project_id, repository_id;
	const char *stack_root, *source_root;
	const char *branch;        /* or NULL */
};

/* Wrong ones are errors of their fields. */
void code_mapping_read_roots(const struct body *in, struct code_mapping_wanted *wanted);
void code_mapping_read_branch(const struct body *in, struct code_mapping_wanted *wanted);
/* Is there such a project, within reach, such an integration, and is the repository one of
 * it?  What is missing of the request is an error of its field. */
int code_mapping_check(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, struct err *err);
/* May a mapping of an integration of this provider go without a branch? */
bool code_mapping_needs_branch(const char *provider);

/* Both give back the row as it is then.  A stack root that the project has is an error of
 * the whole. */
int code_mapping_create(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, int64_t now_us,
	struct code_mapping *ret_mapping, struct err *err);
/* 'mapping' is the row as it was. */
int code_mapping_change(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, int64_t now_us, struct code_mapping *mapping,
	struct err *err);
int code_mapping_audit(struct tx *tx, const struct api_call *call, const char *event,
	const struct code_mapping *mapping, int64_t now_us, struct err *err);
/* A project out of reach is 403; returns 0 then, else the code of 'err'. */
int code_mapping_refused(struct api_call *call, const struct err *err);

#endif
