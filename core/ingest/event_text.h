/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an event says, as plain text for people: exceptions with their frames, the
 * innermost call first, or the message.  Tickets quote it in a code fence.  Pure
 * function, any thread.
 */
#ifndef MORTISE_INGEST_EVENT_TEXT_H
#define MORTISE_INGEST_EVENT_TEXT_H

#include <stddef.h>

#include <jansson.h>

/* 'body' as of event_latest and event_recommended.  At most 'max' bytes, cut at a line;
 * never more than two backticks in a row, so that no fence ends inside.  "" if it says
 * nothing; free it. */
char *event_text(const json_t *body, size_t max);

#endif
