/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Events: POST /api/{project_id}/envelope/ and …/store/, as Sentry's SDKs send them.
 *
 * An ingest worker finds the key, undoes the compression, takes the envelope apart and
 * brings the event into its canonical form; the store writer finds or makes its issue and
 * keeps it; only when that is durable the SDK is answered.  No worker waits for the disk.
 *
 * Keys are kept in a table once they were seen.  Whoever commits a change to one calls
 * ingest_forget_keys afterwards.
 */
#ifndef MORTISE_INGEST_INGEST_H
#define MORTISE_INGEST_INGEST_H

struct daemon;
struct ingest;

/* Of an event after expansion, and of the envelope that brings it. */
#define INGEST_EVENT_MAX ((size_t)1 << 20)
#define INGEST_ENVELOPE_MAX ((size_t)20 << 20)

/* Adds its routes to daemon->http. */
struct ingest *ingest_new(struct daemon *daemon);
void ingest_free(struct ingest *ingest);
/* Any thread. */
void ingest_forget_keys(struct ingest *ingest);

#endif
