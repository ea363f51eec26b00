/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One request to a registered upstream on its way: where it goes, with what, on whose
 * behalf; and its sending past gate, breaker and credentials.  For the files of this
 * folder.  The calling thread's.
 */
#ifndef MORTISE_UPSTREAM_EXCHANGE_H
#define MORTISE_UPSTREAM_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/egress/egress.h"
#include "core/egress/origin.h"
#include "core/storage/integration.h"
#include "core/upstream/upstream.h"

struct cache;
struct call_scope;
struct daemon;
struct err;
struct gates;
struct mints;
struct sendings;
struct mortise_credential;
struct mortise_upstream;

struct upstreams {
	struct daemon *daemon;
	struct cache *cache;
	struct gates *gates;
	struct mints *mints;
	struct sendings *sendings;     /* guarded writes that are out just now */
};

/* What goes into the request to prove who we are. */
struct credential_use {
	char *header;                  /* name; NULL: no credentials */
	char *value;                   /* secret */
	const char *secret;            /* the part of value behind the prefix */
	char *token;                   /* secret; what stands inside value for longer than this
					* request, as far as it is not all of it; or NULL */
	bool unsent;                   /* signed for the exchange's own method and URL */
};

struct exchange {
	struct upstreams *upstreams;
	const struct call_scope *scope;
	const struct mortise_upstream *upstream;
	const struct mortise_credential *credential;   /* NULL: none */
	const char *method;
	char *url;
	struct origin origin;
	char *base_path;               /* of the upstream's base, without slashes at its end */
	bool insecure;                 /* TLS certificates are not checked */
	char *breaker;                 /* "https://api.github.com:443" */
	char owner[48];                /* "integration:5", "pipeline:9", "provider:github" */
	json_t *headers;               /* of the plugin, or NULL; borrowed */
	char *body;                    /* or NULL */
	size_t body_size;
	int redirects;                 /* MORTISE_REDIRECT_ */
	int64_t until_ms;              /* monotonic: no time left after that */
	int64_t wait_ms;               /* for one sending */
	bool at_most_once;
	struct integration row;        /* id 0: not in an integration's scope */
	struct credential_use use;     /* once ready */
};

/* E_INTERNAL for what a plugin must not ask, E_SETTINGS for a base URL that is not
 * configured, E_FORBIDDEN for a URL of another origin. */
int exchange_init(struct exchange *exchange, struct upstreams *upstreams,
	const struct call_scope *scope, const struct upstream_request *request, struct err *err);
void exchange_clear(struct exchange *exchange);
/* Is the way free, and are the credentials there?  Nothing is sent to the path itself. */
int exchange_ready(struct exchange *exchange, struct err *err);
/* Send; makes ready first.  0 whenever an answer came. */
int exchange_send(struct exchange *exchange, struct egress_answer *ret_answer,
	enum egress_failure *ret_failure, struct err *err);

/* ---- credential.c ---- */

/* Is it made for each sending anew?  Then credential_sign, else credential_make. */
bool credential_is_signed(const struct mortise_credential *credential);
/* Make what the exchange's credential says.  'rejected' is a minted token that the
 * upstream refused, or NULL. */
int credential_make(struct exchange *exchange, const char *rejected,
	struct credential_use *ret_use, struct err *err);
/* The same over the method and URL of one sending. */
int credential_sign(struct exchange *exchange, const char *method, const char *url,
	struct credential_use *ret_use, struct err *err);
void credential_use_clear(struct credential_use *use);

/* ---- mint.c ---- */

struct mints *mints_new(void);
void mints_free(struct mints *mints);
/* The integration's token for this credential: the one kept, or a new one if that is
 * missing, ends within a minute or is 'rejected'.  One caller mints, others wait. */
int mint_token(struct exchange *exchange, const char *rejected, char **ret_token,
	struct err *err);

/* ---- once.c ---- */

struct sendings *sendings_new(void);
void sendings_free(struct sendings *sendings);
int once_send(struct exchange *exchange, const struct upstream_request *request,
	struct upstream_answer *ret_answer, struct err *err);

/* ---- upstream.c ---- */

/* Turn what egress brought into what callers get; 'answer' is empty afterwards. */
void upstream_answer_take(struct egress_answer *answer, struct upstream_answer *ret_answer);
/* "integration:5", "pipeline:9" or "provider:github". */
void upstream_owner(const struct call_scope *scope, char *ret_text, size_t size);

#endif
