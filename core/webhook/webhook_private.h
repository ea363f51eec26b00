/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/webhook/ share. */
#ifndef MORTISE_WEBHOOK_WEBHOOK_PRIVATE_H
#define MORTISE_WEBHOOK_WEBHOOK_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/err.h"
#include "core/http/http.h"
#include "core/webhook/reply.h"
#include "core/webhook/set.h"
#include "core/webhook/subject.h"
#include "core/webhook/webhook.h"

struct call_request;
struct http_request;

#define WEBHOOK_SETS_MAX 64
#define WEBHOOK_TASK "webhook"

struct webhooks {
	struct daemon *daemon;
	struct http_route others;              /* what is no webhook; no handler: nobody's */
	struct subject_table *subjects;
	pthread_mutex_t lock;
	struct webhook_set *sets[WEBHOOK_SETS_MAX];    /* under lock */
	size_t set_len;
};

/* For whom an item runs. */
struct webhook_target {
	int64_t integration_id, link_id, organization_id;
};

/* A request on its way in; filled check by check. */
struct intake {
	struct webhooks *webhooks;
	struct http_request *request;
	struct webhook_set *set;
	struct webhook_path path;
	const struct webhook_plan *plan;
	const struct mortise_event *event;     /* as registered, or NULL */
	const char *data;                      /* the body */
	size_t size;
	bool has_body;                         /* its method has one */
	bool subject_scope;                    /* no integration need exist */
	bool may_wait;                         /* it is on a request worker */
	size_t checked;                        /* checks that it has passed */
	struct token *token;                   /* scheme jwt */
	struct token_use use;                  /* of it, once it was verified */
	size_t slot;                           /* of the plan's: where the key lies */
	struct err why;                        /* a refusal in words, for the log */
	bool scanned;
	struct scanner_result picked;
	const struct subject *own;             /* the provider's keys */
	const struct subject *subject;
	char event_name[SCANNER_VALUE_SIZE + 1];
	char external_id[SCANNER_VALUE_SIZE + 1];
	char delivery_id[SCANNER_VALUE_SIZE + 1];      /* "": none */
	char object[SCANNER_VALUE_SIZE + 1];           /* "": none */
	struct webhook_target *targets;
	size_t target_len;
	char *key_owner;                       /* whose key verified it */
	int64_t received_us;
};

/* ---- webhook.c ---- */

/* The webhooks of a slug, with a reference; NULL: nobody has it. */
struct webhook_set *webhooks_find(struct webhooks *webhooks, const char *slug);

/* ---- intake.c ---- */

/* Route handlers: on the loop when the head is there, and on an intake worker. */
int64_t intake_admit(struct http_request *request, void *arg);
void intake_handle(struct http_request *request, void *arg);
/* Give the answer to a condition and free the intake. */
void intake_end(struct intake *intake, enum webhook_condition condition);
void intake_free(struct intake *intake);
/* For expressions and schemes: a header of the intake's request. */
const char *intake_header(const void *intake, const char *name);
/* The headers to keep, as JSON. */
json_t *intake_headers(const struct intake *intake);

/* ---- verify.c ---- */

/* Scheme jwt: the token, nothing of which is verified; it decides whose key is used. */
enum webhook_condition intake_find_token(struct intake *intake);
/* Does the key of this request lie there ("integration:")? */
bool intake_has_slot(const struct intake *intake, const char *prefix);
/* Verify with these keys, or see the form only (NULL); 'integration_id' 0: not one's. */
enum webhook_condition intake_verify(struct intake *intake,
	const struct subject_keys all[TOKEN_REGISTERED_MAX], int64_t integration_id);
/* Must the key be fetched?  Then verify with it; blocks. */
bool intake_fetches_key(const struct intake *intake);
enum webhook_condition intake_verify_fetched(struct intake *intake);
/* Once it was verified: was its token used before, if it counts once? */
enum webhook_condition intake_check_use(struct intake *intake);

/* ---- accept.c: stored webhooks ---- */

/* Commit the verified request and its jobs, and answer then.  Takes the intake over. */
void webhook_accept(struct intake *intake);

/* ---- inline.c ---- */

/* Run the handler on a request worker, commit and answer.  Takes the intake over. */
void webhook_run_inline(struct intake *intake);

/* ---- run.c: the task "webhook" ---- */

struct job_run;
int webhook_run_job(struct job_run *run, void *arg, struct err *err);
/* What a handler gets, without the body. */
json_t *webhook_input(const char *webhook, const char *event, json_t *headers_take,
	const char *delivery_id, int64_t received_us, bool replay);

#endif
