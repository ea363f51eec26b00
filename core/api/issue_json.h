/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues and their activities as Sentry's API shows them.  Inside a read or
 * write transaction of a request.  Private to core/api.
 */
#ifndef MORTISE_API_ISSUE_JSON_H
#define MORTISE_API_ISSUE_JSON_H

#include <jansson.h>

#include "core/issue/change.h"

struct activity;
struct api_call;
struct err;
struct issue;
struct tx;

/* As in a list. */
int issue_json(struct tx *tx, const struct api_call *call, const struct issue *issue,
	json_t **ret_json, struct err *err);
/* By itself: with its newest activities and its releases. */
int issue_json_details(struct tx *tx, const struct api_call *call, const struct issue *issue,
	json_t **ret_json, struct err *err);
int activity_json(struct tx *tx, const struct activity *activity, json_t **ret_json,
	struct err *err);
/* Who is meant by an account: {"id", "name", "username", "email"}; null for 0. */
int user_json(struct tx *tx, int64_t account_id, json_t **ret_json, struct err *err);

/* The principal of a request as the one who changes an issue, now. */
struct issue_actor issue_actor_of(const struct api_call *call);

#endif
