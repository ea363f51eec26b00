/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The canonical form of a request: "METHOD NUL PATH NUL QUERY".  It holds printable ASCII
 * where the method and path do, and a query that is canonical already stays as it is,
 * unless a repeated name's comma was joined in.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/crypto/qsh.h"

/* The query of a canonical form that began with "&" and "/". */
static const char *query_of(const char *canonical)
{
	HOLDS(strncmp(canonical, "&/&", 3) == 0);
	return canonical + 3;
}

static void check_query(const char *query)
{
	cleanup_free char *once = NULL, *twice = NULL;
	cleanup_err struct err err = {0};

	if (qsh_canonical("", "", query, &once, &err) < 0) {
		HOLDS(err.code < 0 && *err_text(&err));
		return;
	}
	for (const char *c = query_of(once); *c; c++)
		HOLDS(*c > 0x20 && *c <= 0x7e && *c != '+');
	if (strchr(query_of(once), ','))
		return;
	HOLDS(qsh_canonical("", "", query_of(once), &twice, NULL) == 0);
	HOLDS(strcmp(once, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *method = fuzz_text(&input), *path = fuzz_text(&input);
	cleanup_free char *query = fuzz_text(&input);
	char hash[QSH_SIZE];

	if (qsh_hash(method, path, query, hash, NULL) == 0)
		HOLDS(strlen(hash) == QSH_SIZE - 1);
	check_query(query);
	return 0;
}
