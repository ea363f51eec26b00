/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/access/cookie.h"

#include <string.h>

#include "core/base/mem.h"

bool cookie_find(const char *header, const char *name, char *ret_value, size_t size)
{
	size_t name_len = strlen(name);
	bool found = false;

	while (header && *header) {
		size_t len;

		header += strspn(header, "; ");
		len = strcspn(header, ";");
		if (len > name_len && strncmp(header, name, name_len) == 0 &&
			header[name_len] == '=') {
			size_t value_len = len - name_len - 1;

			/* Two of one name: somebody planted one. */
			if (found || value_len == 0 || value_len >= size)
				return false;
			memcpy(ret_value, header + name_len + 1, value_len);
			ret_value[value_len] = '\0';
			found = true;
		}
		header += len;
	}
	return found;
}

/* The path of a URL, "/" if it has none. */
static const char *url_path(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path ? path : "/";
}

char *cookie_make(const char *public_url, const char *name, const char *value, int life_s)
{
	const char *secure = strncmp(public_url, "https://", 8) == 0 ? "; Secure" : "";

	return xasprintf("%s=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax%s", name, value,
		url_path(public_url), life_s, secure);
}
