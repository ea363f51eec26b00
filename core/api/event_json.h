/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Events as Sentry's API shows them: other names than SDKs send, and "entries" for what
 * has a form of its own.  Pure functions over what storage/event.h gives.  Private to
 * core/api.
 */
#ifndef MORTISE_API_EVENT_JSON_H
#define MORTISE_API_EVENT_JSON_H

#include <jansson.h>

struct event;

/* As in a list. */
json_t *event_json(const struct event *event);
/* By itself: with its entries and all that it says. */
json_t *event_json_details(const struct event *event);

#endif
