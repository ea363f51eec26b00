/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The effects of a host's reply, [{"type": …}, …], for each scope.  What passes whole
 * passes one by one, in that scope, and what one record fails fails the reply.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/effect/effect.h"
#include "core/frame/effect_forms.h"
#include "core/provider/provider.h"
#include "core/provider/registration.h"

static bool is_good(const json_t *record, int scope)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	const struct effect_form *form = type ? effect_form_find(type) : NULL;

	return form && effect_form_check(form, record, NULL) == 0 &&
		effect_form_check_scope(form, scope, NULL) == 0;
}

static void check(const json_t *effects, int scope)
{
	struct mortise_task task = {.name = "sync", .scope = MORTISE_SCOPE_INSTALL};
	const struct reg_provider provider = {.tasks = &task, .task_len = 1};
	const struct call_scope call = {.kind = scope, .provider = &provider};
	const struct effect_context context = {.scope = &call};
	cleanup_err struct err err = {0};
	bool taken = effects_check(&context, effects, &err) == 0, good = json_is_array(effects);

	for (size_t i = 0; i < json_array_size(effects); i++)
		good = good && is_good(json_array_get(effects, i), scope);
	HOLDS(!taken || good);
	HOLDS(taken || err.code == MORTISE_E_INTERNAL || err.code == MORTISE_E_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *effects = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES,
		NULL);

	if (!effects)
		return 0;
	for (int scope = 0; scope <= MORTISE_SCOPE_INSTALL; scope++)
		check(effects, scope);
	return 0;
}
