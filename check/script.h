/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The answers to what a plugin asks for during one run of a call.  The daemon's own
 * checks come first; then the file answers, and for what it leaves out there is a default
 * where one is obvious.
 *
 * The host-call threads answer; counted references, since a call that was given up may
 * still ask.
 */
#ifndef MORTISE_CHECK_SCRIPT_H
#define MORTISE_CHECK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/provider/provider.h"

#define SCRIPT_LINES_MAX 10    /* problems of one run that are told */

struct script;

/* 'asks' is that of the file, or NULL, and must outlive the script. */
struct script *script_new(const json_t *asks, bool is_job);
void script_unref(struct script *script);
/* For a call_request, with a reference of its own. */
struct call_script *script_for_call(struct script *script);
/* Once the call has ended: append what went wrong, and what was not asked for.  Returns
 * how often the plugin asked. */
size_t script_finish(struct script *script, json_t *lines);

#endif
