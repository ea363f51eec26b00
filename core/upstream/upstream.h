/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Requests to a provider's registered upstream: base URL, credentials, cache, rate
 * gate, circuit breaker and the ledger of guarded writes.  Host-call threads.
 */
#ifndef MORTISE_UPSTREAM_UPSTREAM_H
#define MORTISE_UPSTREAM_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;
struct reg_provider;
struct upstreams;

struct upstream_request {
	const char *upstream, *method, *path, *credentials, *once;
	const json_t *params, *query, *headers, *body;
	uint64_t flags;            /* MORTISE_HTTP_ */
	int64_t timeout_ms;        /* at most this long, in all; 0: what the upstream says */
	int64_t job_id;            /* 0: none; a guarded write is recorded with it */
	const char *lease;         /* of that job: a guarded write needs it to stand; or NULL */
};

struct upstream_answer {
	int status;
	json_t *headers;           /* owned */
	char *body;                /* owned, NUL-terminated */
	size_t size;
	bool replayed;
};

struct upstreams *upstreams_new(struct daemon *daemon);
void upstreams_free(struct upstreams *upstreams);
int upstream_send(struct upstreams *upstreams, const struct call_scope *scope,
	const struct upstream_request *request, struct upstream_answer *ret_answer,
	struct err *err);
void upstream_answer_clear(struct upstream_answer *answer);
/* May a plugin ask for this at all, wherever the upstream's base URL leads?  E_INTERNAL,
 * E_FORBIDDEN or E_LIMIT as upstream_send would say; nothing is sent. */
int upstream_check(const struct reg_provider *provider, const struct upstream_request *request,
	struct err *err);
/* May this integration be made?  Where the base of an upstream is "metadata:/…" and a form
 * of the provider asks for an origin (MORTISE_FIELD_ORIGIN), 'metadata' must hold one that
 * 'state' shows to have been typed, or none; E_INTERNAL names the upstream.  'metadata'
 * NULL: what is there stays. */
int upstream_check_origins(const struct reg_provider *provider, const json_t *state,
	const json_t *metadata, struct err *err);
int upstream_once_settle(struct upstreams *upstreams, const struct call_scope *scope,
	const char *once, const json_t *answer, struct err *err);
int upstream_once_clear(struct upstreams *upstreams, const struct call_scope *scope,
	const char *once, struct err *err);
/* A registered value as text (new string): "setting:NAME", "state:/pointer",
 * "metadata:/pointer", "public_url:/path", or the text itself.  A boolean is "true" or
 * "false".  E_SETTINGS where this call has no such thing or it is not configured,
 * E_NOT_FOUND where nothing stands at the pointer. */
int upstream_value(struct daemon *daemon, const struct call_scope *scope, const char *value,
	char **ret_text, struct err *err);
/* Fill {external_id}, {a value that is no plain text} and, if 'state_token' is not NULL,
 * {state}; each filled-in part is percent-encoded unless it stands at the template's
 * start. */
int upstream_template(struct daemon *daemon, const struct call_scope *scope, const char *text,
	const char *state_token, char **ret_text, struct err *err);
/* Are TLS certificates checked, as the value 'verify' (or NULL) says?  Only the text
 * "false" says no; what is not there says nothing. */
int upstream_verify(struct daemon *daemon, const struct call_scope *scope, const char *verify,
	bool *ret_verify, struct err *err);

#endif
