/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Paths and queries of requests to an upstream: "PATH NUL JSON of params and query".  A
 * value never leaves the place that the template gives it, and a query reads back as
 * the form it came from.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/upstream/form.h"
#include "core/upstream/template.h"

#define OUT_MAX ((size_t)1 << 20)

static bool has_dots(const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += len + (path[len] == '/');
	}
	return false;
}

static size_t slashes_of(const char *text)
{
	size_t len = 0;

	for (; *text; text++)
		len += *text == '/';
	return len;
}

/* Outside braces only: those of a name do not reach the path. */
static size_t template_slashes(const char *path)
{
	size_t len = 0;
	bool inside = false;

	for (; *path; path++) {
		inside = *path == '{' || (inside && *path != '}');
		len += *path == '/' && !inside;
	}
	return len;
}

static void check_path(const char *path, const json_t *params)
{
	cleanup_buf struct buf out = BUF(OUT_MAX);
	bool plain = !strchr(path, '?') && !strchr(path, '#') && !has_dots(path) &&
		!strchr(path, '.');

	if (template_path(&out, path, params, NULL) < 0 || out.failed)
		return;
	HOLDS(buf_text(&out)[0] == '/');
	if (plain)
		HOLDS(!has_dots(buf_text(&out)) && !strpbrk(buf_text(&out), "?#"));
	if (!strstr(path, "*}"))
		HOLDS(slashes_of(buf_text(&out)) == template_slashes(path));
}

/* Of a repeated name the last is read. */
static const json_t *last_of(const json_t *value)
{
	return json_is_array(value) ? json_array_get(value, json_array_size(value) - 1) : value;
}

static void check_query(const json_t *query)
{
	cleanup_buf struct buf out = BUF(OUT_MAX);
	cleanup_json json_t *form = NULL;
	const char *name;
	json_t *value;
	size_t empty = 0;

	if (template_query(&out, query, NULL) < 0 || out.failed)
		return;
	HOLDS(!strpbrk(buf_text(&out), "?#/ \r\n"));
	form = form_parse(buf_text(&out));
	json_object_foreach((json_t *)(uintptr_t)query, name, value) {
		const json_t *last = last_of(value);

		empty += !last;
		if (json_is_string(last))
			HOLDS(json_equal(json_object_get(form, name), last));
	}
	HOLDS(json_object_size(form) == json_object_size(query) - empty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *path = fuzz_text(&input);
	cleanup_json json_t *values = json_loadb((const char *)input.data, input.size,
		JSON_ALLOW_NUL, NULL);

	if (!json_is_object(values))
		return 0;
	check_path(path, values);
	check_query(values);
	return 0;
}
