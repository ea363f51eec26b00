/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What is read from the words of commits, releases and clients: short ids, keywords, and
 * versions, whose keys order them whatever they are.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/base/err.h"
#include "core/issue/keyword.h"
#include "core/issue/release_version.h"

/* Every id that is found reads back as itself. */
static void keywords(const char *text)
{
	char ids[KEYWORD_IDS_MAX][SHORT_ID_SIZE];
	size_t len = keyword_ids(text, ids);

	HOLDS(len <= KEYWORD_IDS_MAX);
	for (size_t i = 0; i < len; i++) {
		char slug[SHORT_ID_SLUG_SIZE], again[SHORT_ID_SIZE];
		int64_t number;

		HOLDS(short_id_parse(ids[i], slug, &number) && number > 0);
		HOLDS(strcmp(short_id_format(slug, number, again), ids[i]) == 0);
	}
}

/* A key begins with its numbers and holds no byte that sorts above '~'. */
static void versions(const char *text)
{
	cleanup_err struct err err = {0};
	struct release_version version;

	release_version_parse(text, &version);
	HOLDS(version.is_semver == (version.key != NULL));
	HOLDS(version.description >= text && version.description <= text + strlen(text));
	if (version.key) {
		HOLDS(version.key[0] > 'A' && version.key[0] <= 'A' + 18);
		for (const char *c = version.key; *c; c++)
			HOLDS(*c >= '!' && *c <= '~');
	}
	release_version_clear(&version);
	if (release_version_check(text, &err) == 0)
		HOLDS(*text && !strpbrk(text, "/\\\n\r\t") && strlen(text) <= RELEASE_VERSION_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);

	keywords(text);
	versions(text);
	return 0;
}
