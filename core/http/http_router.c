/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/http_router.h"

#include <assert.h>
#include <string.h>

#include "core/base/mem.h"

#define MAX_SEGMENTS 24

/* In the order of preference. */
enum segment_kind { SEGMENT_LITERAL, SEGMENT_PARAM, SEGMENT_REST };

struct segment {
	enum segment_kind kind;
	const char *text;      /* of a literal; name of a parameter */
	size_t size;
};

struct entry {
	struct http_route route;
	struct segment segments[MAX_SEGMENTS];
	size_t len;
	char *names;           /* the names of the parameters, each ended */
};

struct http_router {
	struct entry *entries;
	size_t len;
};

struct http_router *http_router_new(void)
{
	return new(struct http_router);
}

void http_router_free(struct http_router *router)
{
	if (!router)
		return;
	for (size_t i = 0; i < router->len; i++)
		free(router->entries[i].names);
	free(router->entries);
	free(router);
}

/* Cut a path into its segments; a trailing slash adds none.  The number of them,
 * or -1 if there are too many. */
static int split(const char *path, struct segment ret_segments[MAX_SEGMENTS])
{
	int len = 0;

	if (*path == '/')
		path++;
	while (*path) {
		size_t size = strcspn(path, "/");

		if (len == MAX_SEGMENTS)
			return -1;
		ret_segments[len++] = (struct segment){SEGMENT_LITERAL, path, size};
		path += size;
		if (*path == '/')
			path++;
	}
	return len;
}

static void parse_segment(struct segment *segment, char **names)
{
	size_t size = segment->size;

	if (segment->text[0] != '{')
		return;
	assert(size > 2 && segment->text[size - 1] == '}');
	segment->kind = SEGMENT_PARAM;
	segment->text++;
	size -= 2;
	if (segment->text[size - 1] == '*') {
		segment->kind = SEGMENT_REST;
		size--;
	}
	memcpy(*names, segment->text, size);
	(*names)[size] = '\0';
	segment->text = *names;
	segment->size = size;
	*names += size + 1;
}

void http_router_add(struct http_router *router, const struct http_route *route)
{
	struct entry *entry;
	size_t params = 0;
	char *names;
	int len;

	router->entries = xrealloc(router->entries, (router->len + 1) * sizeof(*router->entries));
	entry = &router->entries[router->len++];
	*entry = (struct entry){.route = *route};
	names = entry->names = xmalloc(strlen(route->pattern) + 1);
	len = split(route->pattern, entry->segments);
	assert(len >= 0);
	entry->len = (size_t)len;
	for (size_t i = 0; i < entry->len; i++) {
		parse_segment(&entry->segments[i], &names);
		params += entry->segments[i].kind != SEGMENT_LITERAL;
		assert(entry->segments[i].kind != SEGMENT_REST || i + 1 == entry->len);
	}
	assert(params <= HTTP_MAX_PARAMS);
	(void)params;
}

const struct http_route *http_router_route(const struct http_router *router, size_t index)
{
	return index < router->len ? &router->entries[index].route : NULL;
}

static bool fits(const struct entry *entry, const struct segment *path, size_t len)
{
	bool rest = entry->len > 0 && entry->segments[entry->len - 1].kind == SEGMENT_REST;

	/* {rest*} may be empty. */
	if (rest ? len + 1 < entry->len : len != entry->len)
		return false;
	for (size_t i = 0; i < entry->len; i++) {
		const struct segment *segment = &entry->segments[i];

		if (segment->kind == SEGMENT_REST)
			return true;
		if (path[i].size == 0)
			return false;
		if (segment->kind == SEGMENT_LITERAL && (segment->size != path[i].size ||
			memcmp(segment->text, path[i].text, segment->size) != 0))
			return false;
	}
	return true;
}

static bool is_better(const struct entry *entry, const struct entry *best)
{
	if (!best)
		return true;
	for (size_t i = 0; i < entry->len && i < best->len; i++)
		if (entry->segments[i].kind != best->segments[i].kind)
			return entry->segments[i].kind < best->segments[i].kind;
	return false;
}

static bool takes_method(const struct entry *entry, const char *method)
{
	return strcmp(entry->route.method, "*") == 0 || strcmp(entry->route.method, method) == 0 ||
		(strcmp(method, "HEAD") == 0 && strcmp(entry->route.method, "GET") == 0);
}

static void add_allow(struct http_match *match, const char *method)
{
	char *allow = match->allow_storage;
	const char *at = strstr(allow, method);

	/* No method is a part of another's name. */
	if (at || strlen(allow) + strlen(method) + 3 > sizeof(match->allow_storage))
		return;
	if (*allow)
		strcat(allow, ", ");
	strcat(allow, method);
}

static void note_allow(struct http_match *match, const struct entry *entry)
{
	if (strcmp(entry->route.method, "*") == 0)
		return;
	add_allow(match, entry->route.method);
	if (strcmp(entry->route.method, "GET") == 0)
		add_allow(match, "HEAD");
	add_allow(match, "OPTIONS");
}

/* Decode what the parameters hold into the match's storage. */
static int take_params(const struct entry *entry, const struct segment *path, size_t len,
	struct http_match *match)
{
	size_t size = 1;
	char *to;

	for (size_t i = 0; i < len; i++)
		size += path[i].size + 1;
	to = match->storage = xmalloc(size);
	for (size_t i = 0; i < entry->len; i++) {
		const struct segment *segment = &entry->segments[i];
		const char *from = i < len ? path[i].text : "";
		size_t part = i < len ? path[i].size : 0;

		if (segment->kind == SEGMENT_LITERAL)
			continue;
		if (segment->kind == SEGMENT_REST)
			part = strlen(from);
		memcpy(to, from, part);
		to[part] = '\0';
		if (!http_percent_decode(to, HTTP_DECODE_PATH))
			return 400;
		match->params[match->param_len++] = (struct http_field){segment->text, to};
		to += part + 1;
	}
	return HTTP_DONE;
}

int http_router_find(const struct http_router *router, const char *method, const char *path,
	struct http_match *ret_match)
{
	struct segment segments[MAX_SEGMENTS];
	const struct entry *best = NULL;
	int len = split(path, segments);

	*ret_match = (struct http_match){0};
	ret_match->allow = ret_match->allow_storage;
	if (len < 0)
		return 404;
	for (size_t i = 0; i < router->len; i++) {
		const struct entry *entry = &router->entries[i];

		if (!fits(entry, segments, (size_t)len))
			continue;
		note_allow(ret_match, entry);
		if (takes_method(entry, method) && is_better(entry, best))
			best = entry;
	}
	if (!best)
		return ret_match->allow_storage[0] ? 405 : 404;
	ret_match->route = &best->route;
	return take_params(best, segments, (size_t)len, ret_match);
}

void http_match_clear(struct http_match *match)
{
	free(match->storage);
	match->storage = NULL;
}
