/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * An event as an SDK sent it, in its one canonical form: Sentry's event payload with each
 * attribute in one shape (docs/ingest.md lists them), everything bounded, and nothing in
 * it that no reader knows.  What is invalid is left out and named in "errors"; an event is
 * not refused for it, since half a report is better than none.  Pure function, any thread.
 */
#ifndef MORTISE_INGEST_NORMALIZE_H
#define MORTISE_INGEST_NORMALIZE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/event.h"

/* Times that lie further from the receipt are taken for wrong clocks. */
#define NORMALIZE_FUTURE_US (INT64_C(60) * 1000000)
#define NORMALIZE_PAST_US (INT64_C(30) * 24 * 3600 * 1000000)

struct normalize_source {
	const char *event_id;      /* 32 hex digits: of the envelope, or made here */
	int64_t received_us;
	const char *peer;          /* the client's address, for "{{auto}}" */
};

/* 32 hex digits in lower case from them or from a UUID; false if the text is neither. */
bool normalize_event_id(const char *text, char ret_id[static EVENT_ID_SIZE]);
/* The body of an event.  'raw' is an object. */
json_t *normalize(const json_t *raw, const struct normalize_source *source,
	int64_t *ret_occurred_us);

#endif
