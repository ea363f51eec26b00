/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* From an address to the page that is registered there.  Pure; any thread. */
#include "config.h"

#include <string.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/page/page_private.h"

/* Split at slashes, in place; empty parts do not count.  False: too many. */
static bool split(char *text, const char **ret_parts, size_t *ret_len)
{
	char *rest = NULL;
	size_t len = 0;

	for (char *part = strtok_r(text, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		if (len == PAGE_SEGMENTS_MAX)
			return false;
		ret_parts[len++] = part;
	}
	*ret_len = len;
	return true;
}

static bool is_open(const char *part)
{
	return part[0] == '{';
}

/* Is 'part', "{name}", the segment of this name? */
static bool is_named(const char *part, const char *name)
{
	size_t size = strlen(name);

	return is_open(part) && strncmp(part + 1, name, size) == 0 &&
		strcmp(part + 1 + size, "}") == 0;
}

static bool fits(const struct reg_page *page, const struct page_address *address)
{
	cleanup_free char *path = xstrdup(page->page.path);
	const char *parts[PAGE_SEGMENTS_MAX];
	size_t len;

	if (!split(path, parts, &len) || len != address->segment_len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_open(parts[i]) && strcmp(parts[i], address->segments[i]) != 0)
			return false;
	return true;
}

/* The part of a path below "/extensions/SLUG/"; NULL: it is another. */
static char *below_slug(char *path)
{
	static const char prefix[] = "/extensions/";
	char *slug = path + strlen(prefix);

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		return NULL;
	return strchr(slug, '/');
}

static bool read_segments(struct page_address *address)
{
	char *rest = below_slug(address->path_bytes);

	if (!rest || !split(rest, address->segments, &address->segment_len))
		return false;
	/* Decoded one by one: an escaped slash is part of a segment. */
	for (size_t i = 0; i < address->segment_len; i++)
		if (!http_percent_decode((char *)(uintptr_t)address->segments[i], HTTP_DECODE_PATH))
			return false;
	return true;
}

bool page_address_read(const struct reg_provider *provider, const char *path, const char *query,
	struct page_address *ret_address)
{
	*ret_address = (struct page_address){.path = xstrdup(path), .query = xstrdup(query),
		.path_bytes = xstrdup(path), .query_bytes = xstrdup(query)};
	if (!read_segments(ret_address))
		return false;
	if (*query && http_query_parse(ret_address->query_bytes, ret_address->fields,
		&ret_address->field_len) != HTTP_DONE)
		return false;
	for (size_t i = 0; i < provider->page_len && !ret_address->page; i++)
		if (fits(&provider->pages[i], ret_address))
			ret_address->page = &provider->pages[i];
	return ret_address->page != NULL;
}

void page_address_clear(struct page_address *address)
{
	free(address->path);
	free(address->query);
	free(address->path_bytes);
	free(address->query_bytes);
}

/* ---- What stands in it ---- */

static bool is_token(const struct reg_page *page, int where, const char *name)
{
	for (size_t i = 0; i < page->token_len; i++)
		if (page->tokens[i].where == where && strcmp(page->tokens[i].name, name) == 0)
			return true;
	return false;
}

static json_t *segments_json(const struct page_address *address)
{
	cleanup_free char *path = xstrdup(address->page->page.path);
	json_t *json = json_object();
	const char *parts[PAGE_SEGMENTS_MAX];
	size_t len = 0;

	(void)split(path, parts, &len);
	for (size_t i = 0; i < len; i++) {
		cleanup_free char *name = is_open(parts[i]) ?
			xstrndup(parts[i] + 1, strcspn(parts[i] + 1, "}")) : NULL;

		if (name && !is_token(address->page, MORTISE_TOKEN_PATH, name))
			json_object_set_new(json, name, json_string(address->segments[i]));
	}
	return json;
}

const char *page_address_segment(const struct page_address *address, const char *name)
{
	cleanup_free char *path = xstrdup(address->page->page.path);
	const char *parts[PAGE_SEGMENTS_MAX];
	size_t len = 0;

	(void)split(path, parts, &len);
	for (size_t i = 0; i < len; i++)
		if (is_named(parts[i], name))
			return address->segments[i];
	return NULL;
}

json_t *page_address_input(const struct page_address *address)
{
	json_t *query = json_object();

	/* Of several with one name the first counts, as everywhere. */
	for (size_t i = address->field_len; i-- > 0;)
		if (!is_token(address->page, MORTISE_TOKEN_QUERY, address->fields[i].name))
			json_object_set_new(query, address->fields[i].name,
				json_string(address->fields[i].value));
	return json_pack("{s:o, s:o}", "path", segments_json(address), "query", query);
}

/* ---- From the browser ---- */

int page_address_split(const char *text, const char *root, char **ret_path, char **ret_query,
	struct err *err)
{
	size_t size = strlen(root);
	const char *end;

	if (strlen(text) > PAGE_ADDRESS_MAX || strncmp(text, root, size) != 0 || text[size] != '/' ||
		strchr(text, '#'))
		return err_field(err, "address", "Must be the path and query that the frame was asked for.");
	text += size;
	end = strchrnul(text, '?');
	*ret_path = xstrndup(text, (size_t)(end - text));
	*ret_query = xstrdup(*end ? end + 1 : "");
	return 0;
}
