/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/egress/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/base/err.h"
#include "core/base/mem.h"

static bool has_only_url_bytes(const char *url)
{
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\')
			return false;
	return true;
}

static char *url_part(CURLU *handle, CURLUPart part, unsigned int flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(handle, part, &text, flags) != CURLUE_OK)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

/* "[::1]" → "::1", "Example.COM." → "example.com". */
static void normalize_host(char *host)
{
	size_t len = strlen(host);

	if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	} else if (len > 1 && host[len - 1] == '.') {
		host[len - 1] = '\0';
	}
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* 'origin' has scheme and host as they stand in the URL. */
static int take_parts(struct origin *origin, const char *port, struct err *err)
{
	if (!origin->scheme || !origin->host || !*origin->host || !port ||
		(strcmp(origin->scheme, "http") != 0 && strcmp(origin->scheme, "https") != 0))
		return err_set(err, MORTISE_E_FIELD, "the URL is not one of http or https");
	origin->port = atoi(port);
	if (origin->port == 0)
		return err_set(err, MORTISE_E_FIELD, "the URL has the port 0, which is none");
	/* "a.." would be "a." here and "a" where it is read again. */
	if (origin->host[0] == '.' || strstr(origin->host, ".."))
		return err_set(err, MORTISE_E_FIELD, "the URL's host has an empty part between dots");
	normalize_host(origin->host);
	return 0;
}

static int parse(const char *url, CURLU *handle, struct err *err)
{
	if (strlen(url) > ORIGIN_URL_MAX)
		return err_set(err, MORTISE_E_FIELD, "the URL is longer than %d bytes",
			ORIGIN_URL_MAX);
	if (!has_only_url_bytes(url))
		return err_set(err, MORTISE_E_FIELD,
			"the URL holds bytes that must be percent-encoded");
	if (!handle)
		abort();
	if (curl_url_set(handle, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) !=
		CURLUE_OK)
		return err_set(err, MORTISE_E_FIELD,
			"not an absolute http or https URL without user and password");
	return 0;
}

static int take_origin(CURLU *handle, struct origin *ret_origin, struct err *err)
{
	cleanup_free char *port = url_part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	struct origin origin = {.scheme = url_part(handle, CURLUPART_SCHEME, 0),
		.host = url_part(handle, CURLUPART_HOST, 0)};
	int result = take_parts(&origin, port, err);

	if (result < 0)
		origin_clear(&origin);
	else
		*ret_origin = origin;
	return result;
}

int origin_parse(const char *url, struct origin *ret_origin, struct err *err)
{
	CURLU *handle = curl_url();
	int result = parse(url, handle, err);

	if (result == 0)
		result = take_origin(handle, ret_origin, err);
	curl_url_cleanup(handle);
	return result;
}

static bool is_own_port(const struct origin *origin)
{
	return origin->port == (strcmp(origin->scheme, "https") == 0 ? 443 : 80);
}

/* NULL for an empty one: some versions of libcurl tell it from none. */
static char *query_of(CURLU *handle)
{
	cleanup_free char *query = url_part(handle, CURLUPART_QUERY, 0);

	return query && *query ? steal(&query) : NULL;
}

static void take_target(CURLU *handle, const struct origin *origin,
	struct origin_target *ret_target)
{
	bool bracketed = strchr(origin->host, ':') != NULL;
	char port[16] = "";

	if (!is_own_port(origin))
		snprintf(port, sizeof(port), ":%d", origin->port);
	*ret_target = (struct origin_target){.path = url_part(handle, CURLUPART_PATH, 0),
		.query = query_of(handle)};
	ret_target->resource = xasprintf("%s://%s%s%s%s%s", origin->scheme, bracketed ? "[" : "",
		origin->host, bracketed ? "]" : "", port, ret_target->path);
}

int origin_target_parse(const char *url, struct origin_target *ret_target, struct err *err)
{
	struct origin origin = {0};
	CURLU *handle = curl_url();
	int result = parse(url, handle, err);

	if (result == 0)
		result = take_origin(handle, &origin, err);
	if (result == 0)
		take_target(handle, &origin, ret_target);
	origin_clear(&origin);
	curl_url_cleanup(handle);
	return result;
}

void origin_target_clear(struct origin_target *target)
{
	free(target->resource);
	free(target->path);
	free(target->query);
	*target = (struct origin_target){0};
}

bool origin_equals(const struct origin *left, const struct origin *right)
{
	return left->port == right->port && strcmp(left->scheme, right->scheme) == 0 &&
		strcmp(left->host, right->host) == 0;
}

void origin_clear(struct origin *origin)
{
	free(origin->scheme);
	free(origin->host);
	*origin = (struct origin){0};
}

char *origin_resolve(const char *url, const char *location)
{
	CURLU *handle = curl_url();
	char *resolved = NULL;

	if (!handle)
		abort();
	if (curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_set(handle, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
		curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
		resolved = url_part(handle, CURLUPART_URL, 0);
	curl_url_cleanup(handle);
	return resolved;
}
