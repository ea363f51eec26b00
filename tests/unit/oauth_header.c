/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/oauth_header.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

char *oauth_header_part(const char *header, const char *name)
{
	cleanup_free char *start = xasprintf(" %s=\"", name);
	const char *at = strstr(header, start);
	char *value, *out;

	if (!at)
		return NULL;
	at += strlen(start);
	value = out = xstrndup(at, strcspn(at, "\""));
	for (const char *c = value; *c; c++) {
		unsigned int byte = (unsigned char)*c;

		if (*c == '%' && sscanf(c + 1, "%2x", &byte) == 1)
			c += 2;
		*out++ = (char)byte;
	}
	*out = '\0';
	return value;
}
