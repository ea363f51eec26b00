/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One integration in the request's organization, with its provider: what most handlers
 * begin with.  Request workers; private to core/api.
 */
#ifndef MORTISE_API_INSTALL_H
#define MORTISE_API_INSTALL_H

#include <jansson.h>

#include "core/api/call.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"

struct install {
	struct integration integration;
	struct link link;
	const struct reg_provider *provider;   /* with a reference; NULL: not loaded */
};

/* By the path parameter 'name', or by id.  E_NOT_FOUND unless the organization has it;
 * one whose deletion runs is gone. */
int install_read(const struct api_call *call, const char *name, struct install *ret_install,
	struct err *err);
int install_read_id(const struct api_call *call, int64_t integration_id,
	struct install *ret_install, struct err *err);
void install_clear(struct install *install);
#define cleanup_install __attribute__((__cleanup__(install_clear)))

/* Install scope for this caller; borrows from both. */
struct call_scope install_scope(const struct install *install, const struct api_call *call);
/* Run a callback of its provider; effects are checked, not applied. */
int install_call(const struct api_call *call, const struct install *install,
	const char *callback, json_t *input, int64_t deadline_ms, json_t **ret_output,
	json_t **ret_effects, struct err *err);
/* The provider may have something to take back upstream, and may refuse. */
int install_uninstall(const struct api_call *call, const struct install *install,
	json_t **ret_effects, struct err *err);

/* What a provider says no with is 400 in some routes, whatever it means elsewhere: makes
 * that reply, {member: text}, in a list unless it is "detail", and returns 0.  Outages and
 * faults stay what they are, and wrong fields are named: returns their code. */
int install_refused(struct api_call *call, const char *member, const struct err *err);

#endif
