/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Messages of the admin socket, over a small table. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/admin/admin_private.h"
#include "core/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_echo(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	(void)daemon;
	(void)err;
	*ret_result = json_deep_copy(parameters);
	return 0;
}

/* What comes back has passed the same type, so a result that fails it is a fault of
 * the checker. */
#define TYPE "(a: string, b: ?int, c: ?[]bool, d: ?[string](e: float), f: ?object)"

static const struct admin_method methods[] = {
	{.name = "Echo", .level = ADMIN_READ, .in = TYPE, .out = TYPE, .help = "x",
		.run = run_echo},
	{.name = "Secret", .level = ADMIN_ADMIN, .in = "()", .out = "()", .help = "x",
		.run = run_echo},
	{0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admin_table table = {0};
	json_t *reply = NULL;

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	admin_table_add(&table, methods);
	if (admin_dispatch(&table, NULL, 1, ADMIN_READ, NULL, (const char *)data, size,
		&reply) == 0 && reply && !json_is_object(json_object_get(reply, "parameters")))
		abort();
	json_decref(reply);
	admin_table_clear(&table);
	return 0;
}
