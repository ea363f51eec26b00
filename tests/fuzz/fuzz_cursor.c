/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Any text as a cursor: what is accepted stays inside its bounds and reads back the same. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_free char *written = NULL;
	struct api_page page, again;

	if (!cursor_parse(text, &page))
		return 0;
	if (page.size < 1 || page.size > API_PAGE_MAX || page.number < 0 ||
		page.number > API_PAGE_LAST || page.offset != page.size * page.number)
		abort();
	written = xasprintf("%" PRId64 ":%" PRId64 ":0", page.size, page.number);
	if (!cursor_parse(written, &again) || memcmp(&page, &again, sizeof(page)) != 0)
		abort();
	return 0;
}
