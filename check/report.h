/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What was found: errors and warnings, each with the place that it is about, and what
 * became of each call.  As lines for people while they are found, or as one JSON object
 * at the end.  Main thread.
 */
#ifndef MORTISE_CHECK_REPORT_H
#define MORTISE_CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct report {
	bool as_json;
	const char *file;          /* the plugin's, for lines */
	json_t *plugin;            /* what it is, once that is known */
	json_t *problems;          /* [{"level","where"?,"text"}] */
	json_t *calls;             /* [{"file","call","passed",…}] */
	size_t error_len, warning_len;
};

void report_init(struct report *report, const char *file, bool as_json);
void report_clear(struct report *report);

/* 'where' names the place inside the plugin ("provider \"acme\": step \"form\""), or is
 * NULL. */
void report_error(struct report *report, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line that is no problem; not in JSON. */
void report_note(const struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The last words.  Negative: they could not be written. */
int report_finish(struct report *report);

#endif
