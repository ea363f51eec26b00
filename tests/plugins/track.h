/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The tracker of the test plugin.  Its upstream is the stand-in of
 * tests/blackbox/lib/tracker.mjs below /ACCOUNT/, where a key is BOARD-NUMBER, a status a
 * word and an assignee a name.
 *
 * A form's parameters, the fields of a creation or a link, a search's parameters, and the
 * change of a status_in may say otherwise: "answer" is given as the output (JSON text is
 * read), "do" is a wish of behave.h; "wish" is an object with these two as JSON text.
 */
#ifndef MORTISE_TESTS_PLUGINS_TRACK_H
#define MORTISE_TESTS_PLUGINS_TRACK_H

#include <mortise/plugin.h>

int32_t track_register(const struct mortise_host *host, const struct mortise_registry *registry,
	struct mortise_registrar *reg, const char *provider);

#endif
