/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The form of what a tracker's callbacks answer: one table.  A plugin's answer is foreign
 * data; it goes into rows and pages only after this.  Any thread.
 */
#ifndef MORTISE_TRACKER_ANSWER_H
#define MORTISE_TRACKER_ANSWER_H

#include <stdbool.h>

#include <jansson.h>

#include "core/tracker/tracker.h"

#define ANSWER_KEY_MAX 256     /* bytes, as all of these */
#define ANSWER_TITLE_MAX 4096
#define ANSWER_TEXT_MAX (1 << 20)
#define ANSWER_URL_MAX 4096
#define ANSWER_OPTIONS_MAX 1000

/* E_INTERNAL, with a text that names the member. */
int answer_check(enum tracker_callback callback, const json_t *output, struct err *err);
/* http or https, with a host, without blanks or control characters. */
bool answer_is_url(const char *text);

#endif
