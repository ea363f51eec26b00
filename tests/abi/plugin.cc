/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A plugin in C++20, only compiled: the public header must allow it. */
#include <mortise/plugin.h>

static int32_t run(mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	(void)input;
	*ret_output = json_object();
	return MORTISE_OK;
}

static int32_t load(const mortise_host *host, const mortise_registry *registry,
	mortise_registrar *reg)
{
	mortise_provider provider = {};

	provider.size = sizeof(provider);
	provider.key = "cxx";
	provider.name = "C++";
	provider.build = run;
	return MORTISE_HAS(host, effect) ? registry->provider(reg, &provider) : MORTISE_E_UNSUPPORTED;
}

MORTISE_PLUGIN("cxx", "1.0", "Apache-2.0", load, nullptr);
