/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What is answered to each condition: the default, or what the
 * registration says.  Any thread that owns the request.
 */
#ifndef MORTISE_WEBHOOK_REPLY_H
#define MORTISE_WEBHOOK_REPLY_H

#include "core/webhook/set.h"

struct http_request;

enum webhook_condition {
	WEBHOOK_METHOD,
	WEBHOOK_TOO_LARGE,
	WEBHOOK_OVERLOADED,
	WEBHOOK_NOT_CONFIGURED,
	WEBHOOK_EMPTY_BODY,
	WEBHOOK_NO_EVENT,
	WEBHOOK_OTHER_EVENT,
	WEBHOOK_IGNORED_EVENT,
	WEBHOOK_NOT_JSON,
	WEBHOOK_NO_SUBJECT,
	WEBHOOK_UNKNOWN_INTEGRATION,
	WEBHOOK_NO_LINK,
	WEBHOOK_NO_SIGNATURE,
	WEBHOOK_BAD_TOKEN,
	WEBHOOK_BAD_SIGNATURE,
	WEBHOOK_NO_KID,
	WEBHOOK_UNKNOWN_KEY,
	WEBHOOK_EXPIRED,
	WEBHOOK_BAD_QSH,
	WEBHOOK_REPLAYED,
	WEBHOOK_BAD_BIND,
	WEBHOOK_ACCEPTED,
	WEBHOOK_DUPLICATE,
	WEBHOOK_CONDITION_LEN,
	/* What a check answers when there is nothing to refuse; and when it must be asked
	 * again where it may wait. */
	WEBHOOK_GO_ON = WEBHOOK_CONDITION_LEN,
	WEBHOOK_MUST_WAIT,
};

/* May a reply be registered for it? */
bool webhook_condition_known(const char *name);
/* The status of a condition; 'event' may be NULL.  '*ret_body' is JSON text or NULL,
 * borrowed from 'plan'. */
int webhook_status(const struct webhook_plan *plan, const struct mortise_event *event,
	enum webhook_condition condition, const char **ret_body);
/* Answer, count, and log one line for what was refused; 'why', for the log only, or NULL. */
void webhook_answer(struct http_request *request, const struct webhook_set *set,
	const struct webhook_plan *plan, const struct mortise_event *event,
	enum webhook_condition condition, const char *why);
/* The same for an inline handler's own body, which is taken over. */
void webhook_answer_json(struct http_request *request, const struct webhook_set *set,
	int status, json_t *json_take);

#endif
