/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Providers without hosts: the set is what a test parsed from registration JSON, and a
 * call is answered by a function of the test.  Takes the place of core/provider's
 * functions that jobs and webhooks use.
 */
#ifndef MORTISE_TESTS_FAKE_PROVIDERS_H
#define MORTISE_TESTS_FAKE_PROVIDERS_H

#include <stdbool.h>

#include "core/provider/provider.h"

typedef int fake_call_fn(const struct call_request *request, json_t **ret_output,
	json_t **ret_effects, struct err *err);

/* Register plugin "fake" 1.0 with this list of providers, as JSON text; NULL: nobody
 * registers anything. */
void fake_providers_set(const char *registration);
extern fake_call_fn *fake_call;
extern _Atomic bool fake_runnable, fake_configured;

#endif
