/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A body that reaches a plugin.  fuzz_webhook_scanner shows that the host parses all that
 * the scanner takes; here, that it takes no object or list that the scanner refuses, but
 * for one that repeats a member or nests deeper.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/webhook/scanner.h"

static bool scans(const char *text, size_t size)
{
	struct scanner_plan *plan = scanner_plan_new();
	struct scanner_result result;
	bool taken = scanner_scan(plan, text, size, &result);

	scanner_plan_free(plan);
	return taken;
}

static size_t brackets(const char *text, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < size; i++)
		len += text[i] == '[' || text[i] == '{';
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xmalloc(size + 1);
	cleanup_json json_t *json = NULL;
	cleanup_err struct err err = {0};

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (foreign_json_parse(text, size, &json, &err) < 0)
		HOLDS(err.code == MORTISE_E_FIELD && *err_text(&err));
	else if ((json_is_object(json) || json_is_array(json)) &&
		brackets(text, size) <= SCANNER_MAX_DEPTH && !memchr(text, '\0', size))
		/* (jansson 2.14 loses a NUL byte that follows a number.) */
		HOLDS(scans(text, size));
	return 0;
}
