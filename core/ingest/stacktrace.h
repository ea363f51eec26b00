/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Exceptions and stack traces of an event in their canonical form, bounded as Sentry
 * documents it: 50 exceptions, 250 frames each (the outermost and the innermost stay).
 * Pure functions, any thread.
 */
#ifndef MORTISE_INGEST_STACKTRACE_H
#define MORTISE_INGEST_STACKTRACE_H

#include <stddef.h>

#include <jansson.h>

/* {"frames": […]}, or NULL if it has none.  '*left' as trim_value has it, for what frames
 * say about variables. */
json_t *stacktrace_normalize(const json_t *raw, size_t *left);
/* {"values": […]} from that, from a list or from one exception; NULL if there is none. */
json_t *exceptions_normalize(const json_t *raw, size_t *left);
/* The same for threads. */
json_t *threads_normalize(const json_t *raw, size_t *left);
/* What stands in {"values": […]}, in a list or alone, as a new list without nulls. */
json_t *values_of(const json_t *raw);

#endif
