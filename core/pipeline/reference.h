/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * References: random texts that stand for an integration in a link that its upstream
 * shows.  Whoever brings one back may start an install of that integration, once; what
 * it stands for stays here.
 */
#ifndef MORTISE_PIPELINE_REFERENCE_H
#define MORTISE_PIPELINE_REFERENCE_H

#include <stdint.h>

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;
struct tx;

#define REFERENCE_LIFE_MAX_MS (INT64_C(24) * 3600 * 1000)

/* A new one for the integration of 'scope': 256 random bits, of which only a keyed hash
 * is stored.  E_UNSUPPORTED in a scope that has no integration, E_INTERNAL for a life time
 * that is none.  Host-call threads. */
int reference_make(struct daemon *daemon, const struct call_scope *scope, int64_t life_ms,
	char **ret_text, struct err *err);

/* One that somebody brought; borrows its texts. */
struct reference {
	const char *field;         /* the arrival it came in; NULL: none came */
	const char *provider;      /* registry key */
	int64_t organization_id;   /* for which the install is */
	char hash[65];
	int64_t integration_id;    /* what it stands for; 0: none */
};

void reference_init(struct reference *reference, struct daemon *daemon, const char *text);
/* Is it good?  Sets its integration; '*ret_about' is {"external_id","name","metadata"}
 * of that.  E_FIELD of its field says why not.  Uses nothing up.  Workers. */
int reference_look(struct daemon *daemon, struct reference *reference, json_t **ret_about,
	struct err *err);
/* The same once more, and use it up: of two that bring it at once, one is refused.  In a
 * write closure. */
int reference_use_in(struct tx *tx, const struct reference *reference, int64_t now_us,
	struct err *err);

#endif
