/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What can be said of registrations that the daemon has accepted: what would only fail
 * when it is used, as errors, and what is doubtful, as warnings.  Main thread.
 */
#ifndef MORTISE_CHECK_REGISTRATIONS_H
#define MORTISE_CHECK_REGISTRATIONS_H

struct plugin_note;
struct reg_provider;
struct report;

/* Of the descriptor. */
void registrations_check_note(const struct plugin_note *note, struct report *report);
/* Of one provider and all that hangs in it. */
void registrations_check(const struct reg_provider *provider, struct report *report);

#endif
