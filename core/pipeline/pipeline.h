/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Install pipelines: a provider lists its steps, the core walks them.
 *
 * A pipeline is one row, so it survives a restart and works on any node.  A request
 * that moves it claims the step first; a second one gets E_CONFLICT and changes
 * nothing.  The move, the new state and the end of the claim are one commit, and so
 * is everything that the end of a pipeline makes.  Request workers.
 *
 * State and secrets are sealed together.  A form saves its plain fields and a choice
 * its value in state[save_as] (form without save_as: at the top); secret fields are
 * secrets under their own name.  oauth2 saves the access token as the secret 'save_as',
 * a refresh token as 'save_as.refresh_token', and {"token_type", "scope",
 * "expires_at_ms"} as state[save_as]; oauth1 the same, with the token's secret as
 * 'save_as.secret'.  redirect saves the parameters that came back, external
 * {"external_id"}.  What a step makes at random is a secret, too.
 */
#ifndef MORTISE_PIPELINE_PIPELINE_H
#define MORTISE_PIPELINE_PIPELINE_H

#include <stdint.h>

#include <jansson.h>

struct daemon;
struct err;
struct principal;

/* How a request to a pipeline ended, beside errors. */
enum pipeline_outcome {
	PIPELINE_SHOWN,        /* GET, initialize: the current step */
	PIPELINE_ADVANCED,     /* the next step waits */
	PIPELINE_STAYS,        /* the same step waits on */
	PIPELINE_COMPLETED,    /* 'link_id' was installed */
};

struct pipeline_reply {
	enum pipeline_outcome outcome;
	json_t *info;          /* step info, or NULL once completed; owned */
	int64_t pipeline_id;
	int64_t link_id;       /* PIPELINE_COMPLETED */
};

/* Register the core tasks of pipelines (post-install, undo, sweep); before jobs start. */
int pipelines_setup(struct daemon *daemon, struct err *err);

/* Start one for the principal in its organization; an earlier one of the same provider
 * ends.  'initial' may hold the provider's arrival parameters; 'integration_id' is not 0
 * when an existing install is to be authorized again. */
int pipeline_start(struct daemon *daemon, const struct principal *principal,
	const char *provider, const json_t *initial, int64_t integration_id,
	struct pipeline_reply *ret_reply, struct err *err);
/* The current step of pipeline 'id' (0: the newest live one of the principal in its
 * organization). */
int pipeline_show(struct daemon *daemon, const struct principal *principal, int64_t id,
	struct pipeline_reply *ret_reply, struct err *err);
/* Answer the current step. */
int pipeline_answer(struct daemon *daemon, const struct principal *principal, int64_t id,
	const json_t *answer, struct pipeline_reply *ret_reply, struct err *err);
/* End a live pipeline; for its owner and for the operator ('principal' NULL). */
int pipeline_cancel(struct daemon *daemon, const struct principal *principal, int64_t id,
	struct err *err);
/* For the operator: live and ended ones, newest first, [{"id","organization","provider",
 * "kind","principal","status","step","error","added","expires"}]; at most 'limit'. */
int pipeline_describe(struct daemon *daemon, int limit, json_t **ret_list, struct err *err);

#endif
