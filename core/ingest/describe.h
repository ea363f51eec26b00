/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an event is called: type, title, culprit, metadata; and how much it tells.  From
 * the body that normalize made, to which it adds them.  Pure function, any thread.
 */
#ifndef MORTISE_INGEST_DESCRIBE_H
#define MORTISE_INGEST_DESCRIBE_H

#include <jansson.h>

/* Adds "type", "title", "culprit", "metadata" and, where there is one, "location". */
void describe(json_t *body);
/* The more a reader can make of it, the higher; for the recommended event. */
int describe_weight(const json_t *body);
/* The frame that tells best where it happened: the innermost of the application, else the
 * innermost; borrowed, NULL if there is none. */
const json_t *describe_frame(const json_t *body);
/* The exception that was thrown, the last one; borrowed, or NULL. */
const json_t *describe_exception(const json_t *body);

#endif
