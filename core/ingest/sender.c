/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/sender.h"

#include <string.h>
#include <strings.h>

#include "core/base/slug.h"

#define SEPARATORS ", \t"

/* The first 'size' bytes as a key. */
static bool take_key(const char *text, size_t size, char ret_key[static PROJECT_KEY_SIZE])
{
	if (size == 0 || size >= PROJECT_KEY_SIZE)
		return false;
	memcpy(ret_key, text, size);
	ret_key[size] = '\0';
	return strspn(ret_key, "0123456789abcdef") == size;
}

bool sender_of_key(const char *text, char ret_key[static PROJECT_KEY_SIZE])
{
	return take_key(text, strlen(text), ret_key);
}

bool sender_of_header(const char *header, char ret_key[static PROJECT_KEY_SIZE])
{
	static const char scheme[] = "Sentry", name[] = "sentry_key=";

	if (strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return false;
	header += sizeof(scheme) - 1;
	for (header += strspn(header, SEPARATORS); *header; header += strspn(header, SEPARATORS)) {
		size_t size = strcspn(header, SEPARATORS);

		if (strncmp(header, name, sizeof(name) - 1) == 0)
			return take_key(header + sizeof(name) - 1, size - (sizeof(name) - 1),
				ret_key);
		header += size;
	}
	return false;
}

bool sender_of_dsn(const char *dsn, char ret_key[static PROJECT_KEY_SIZE], int64_t *ret_project_id)
{
	const char *key = strstr(dsn, "://");
	const char *project = strrchr(dsn, '/');
	const char *host;

	if (!key)
		return false;
	key += strlen("://");
	host = strchr(key, '@');
	if (!host || project < host || !slug_is_id(project + 1, ret_project_id))
		return false;
	return take_key(key, strcspn(key, ":@"), ret_key);
}
