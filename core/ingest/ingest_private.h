/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/ingest/ share. */
#ifndef MORTISE_INGEST_INGEST_PRIVATE_H
#define MORTISE_INGEST_INGEST_PRIVATE_H

#include <jansson.h>

#include "core/ingest/ingest.h"
#include "core/ingest/keys.h"
#include "core/storage/event.h"
#include "core/storage/project_key.h"

struct http_request;

struct ingest {
	struct daemon *daemon;
	struct keys *keys;
};

/* A verified event on its way to the store. */
struct report {
	struct ingest *ingest;
	struct http_request *request;
	char public_key[PROJECT_KEY_SIZE];     /* of which it was taken */
	struct key_owner owner;
	char event_id[EVENT_ID_SIZE];
	int64_t received_us, occurred_us;
	json_t *body;                          /* normalized and described; owned; NULL:
						* it was packed */
};

/* ---- accept.c ---- */

/* Find or make its issue, keep it, and answer when that is durable.  Takes it over. */
void ingest_accept(struct report *report_take);
void report_free(struct report *report);

#endif
