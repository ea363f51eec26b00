/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A plugin's callbacks on a host that plays back what an input says: JSON {"run", "input",
 * "reads": […], "answers": [{"status", "headers", "json"}]}; an answer that is true got
 * lost, if the request was a guarded one.  However odd it is, each effect has its form, each
 * request its path filled, and each failure a reason.
 */
#ifndef MORTISE_TESTS_FUZZ_PLUGIN_PLAYER_H
#define MORTISE_TESTS_FUZZ_PLUGIN_PLAYER_H

#include <mortise/plugin.h>

struct played {
	const char *name;
	mortise_callback *run;
};

extern const struct mortise_host plugin_player;

/* Run the one of the callbacks that the input names. */
void plugin_play(const struct played *callbacks, size_t len, const uint8_t *data, size_t size);

#endif
