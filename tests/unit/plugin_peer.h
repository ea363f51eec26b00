/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A plugin in a real mortise-host; the test plays mortised and the upstream. */
#ifndef MORTISE_TESTS_UNIT_PLUGIN_PEER_H
#define MORTISE_TESTS_UNIT_PLUGIN_PEER_H

#include "tests/unit/unit.h"

#include <stdbool.h>

#include "tests/unit/host_peer.h"

#define NOW_MS INT64_C(1777630000000)

/* What is answered to an ask: "read WHAT", or "METHOD PATH" with its parameters filled in. */
struct answer {
	const char *ask;
	int code;                  /* of the answer; then the rest does not count */
	int status;                /* http */
	const char *body;          /* http: the body; others: the value */
	const char *link;          /* http: a Link header */
	const char *retry_after;   /* http: a Retry-After header */
	bool always;               /* each time it is asked, not once */
};

struct plugin {
	struct peer peer;
	const char *provider;      /* of the calls; a test may set another */
	uint64_t calls;
	json_t *effects;           /* of all checkpoints and the reply */
	json_t *asked;             /* every ask, in order */
	json_t *sent;              /* the questions themselves, in order */
	json_t *reply;
};

/* Start and stop it around a test, whose state is a struct plugin; 'file' is below the
 * build folder. */
int plugin_setup(void **state, const char *file, const char *provider);
int plugin_teardown(void **state);

/* Run a callback to its end.  The reply's code; the effects of all are in the plugin. */
int64_t run(void **state, const char *callback, const char *scope, json_t *input_take,
	const char *body, const struct answer *answers);
/* The same for a webhook. */
int64_t hook(void **state, const char *event, const char *body, const struct answer *answers);

/* What came of the last run. */
const json_t *effect(void **state, size_t i);
size_t effect_len(void **state);
const json_t *output(void **state);
const char *why(void **state);
/* How often this was asked. */
size_t count_asked(const struct plugin *plugin, const char *ask);
/* The body of the nth request that was asked like this; NULL: there was none. */
const json_t *sent_body(void **state, const char *ask, size_t nth);
/* That request itself. */
const json_t *sent_question(void **state, const char *ask, size_t nth);

#endif
