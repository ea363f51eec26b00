/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The REST API under /api/0/: one table of routes per subject, in api_<subject>.c.
 * Handlers run on request workers.
 */
#ifndef MORTISE_API_API_H
#define MORTISE_API_API_H

struct api;
struct daemon;
struct err;
struct text_memo;

/* Register the core tasks behind the API; before jobs start. */
int api_setup(struct daemon *daemon, struct err *err);
/* Make daemon->api: add all routes of the API, the redirect relay and the console to
 * daemon->http; before it listens.  A console folder that cannot be read is reported and
 * left out. */
void api_add_routes(struct daemon *daemon);
/* Integrations as lists show them; keys are those of their links. */
struct text_memo *api_integration_texts(const struct api *api);
/* After the server. */
void api_free(struct api *api);

#endif
