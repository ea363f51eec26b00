/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The envelope of Sentry's SDKs: a header line, then items, each a header line and a
 * payload.  A header is a JSON object; an item's "length" says where its payload ends,
 * without it that is the end of the line.  Pure functions, any thread.
 */
#ifndef MORTISE_INGEST_ENVELOPE_H
#define MORTISE_INGEST_ENVELOPE_H

#include <stddef.h>

#include <jansson.h>

struct err;

#define ENVELOPE_HEADER_MAX ((size_t)16 << 10)

struct envelope {
	json_t *header;
	const char *start, *at, *end;  /* borrowed */
};

struct envelope_item {
	json_t *header;                /* owned; envelope_item_clear */
	const char *type;              /* in the header */
	const char *payload;           /* in the envelope's bytes */
	size_t size;
};

#define cleanup_envelope __attribute__((__cleanup__(envelope_end)))
#define cleanup_envelope_item __attribute__((__cleanup__(envelope_item_clear)))

/* E_FIELD with the place of what is wrong. */
int envelope_begin(struct envelope *envelope, const char *data, size_t size, struct err *err);
/* 1: an item, in place of the one before; 0: no more; E_FIELD. */
int envelope_next(struct envelope *envelope, struct envelope_item *item, struct err *err);
void envelope_item_clear(struct envelope_item *item);
void envelope_end(struct envelope *envelope);

#endif
