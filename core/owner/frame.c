/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/frame.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/storage/code_mapping.h"

/* ---- The path that a frame means ---- */

static const char *last_part(const char *text, char separator)
{
	const char *last = strrchr(text, separator);

	return last ? last + 1 : text;
}

/* "com.acme.Cart$Item" in "Cart.java" is com/acme/Cart.java. */
static char *java_path(const struct owner_frame *frame)
{
	char *path;

	if (!frame->module || strchr(frame->file, '/'))
		return NULL;
	path = xasprintf("%.*s%s", (int)(last_part(frame->module, '.') - frame->module),
		frame->module, frame->file);
	for (char *c = path; c < path + (last_part(frame->module, '.') - frame->module); c++)
		if (*c == '.')
			*c = '/';
	return path;
}

static char *cocoa_path(const struct owner_frame *frame)
{
	const char *package = frame->package ? last_part(frame->package, '/') : "";
	size_t size = strlen(package);

	for (const char *at = frame->abs_path; size > 0 && at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, package, size) == 0 && at[size] == '/')
			return xstrdup(at);
	}
	return NULL;
}

static char *flutter_path(const struct owner_frame *frame)
{
	static const char scheme[] = "package:";
	const char *path = frame->abs_path;
	size_t size = frame->package ? strlen(frame->package) : 0;

	if (size == 0 || !path || strncmp(path, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	path += sizeof(scheme) - 1;
	return strncmp(path, frame->package, size) == 0 && path[size] == '/'
		? xstrdup(path + size + 1) : NULL;
}

char *frame_munged_path(const struct owner_frame *frame)
{
	const char *platform = frame->platform ? frame->platform : "";

	if (strcmp(platform, "java") == 0)
		return frame->file ? java_path(frame) : NULL;
	if (strcmp(platform, "cocoa") == 0)
		return cocoa_path(frame);
	if (strcmp(platform, "other") == 0 && frame->sdk &&
		strcmp(frame->sdk, "sentry.dart.flutter") == 0)
		return flutter_path(frame);
	return NULL;
}

/* ---- Which mapping ---- */

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Does a mapping come before one that has its place? */
static bool comes_before(const struct code_mapping *mapping, const struct code_mapping *placed)
{
	return (placed->generated && !mapping->generated) ||
		(placed->stack_root[0] != '/' && mapping->stack_root[0] == '/') ||
		(placed->generated == mapping->generated &&
			begins_with(mapping->stack_root, placed->stack_root));
}

void frame_order_mappings(const struct code_mapping **mappings, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		const struct code_mapping *mapping = mappings[i];
		size_t place = 0;

		while (place < i && !comes_before(mapping, mappings[place]))
			place++;
		if (place == i && !mapping->generated)
			place = 0;
		memmove(&mappings[place + 1], &mappings[place], (i - place) * sizeof(*mappings));
		mappings[place] = mapping;
	}
}

/* ---- The path in the repository ---- */

static char *replace_root(const char *path, const struct code_mapping *mapping)
{
	cleanup_free char *replaced = NULL;

	if (!path || !begins_with(path, mapping->stack_root))
		return NULL;
	replaced = xasprintf("%s%s", mapping->source_root, path + strlen(mapping->stack_root));
	for (char *c = replaced; *c; c++)
		if (*c == '\\')
			*c = '/';
	return xstrdup(replaced + strspn(replaced, "/"));
}

char *frame_source_path(const struct owner_frame *frame, const struct code_mapping *mapping)
{
	cleanup_free char *munged = frame_munged_path(frame);
	char *path = replace_root(munged ? munged : frame->file, mapping);

	return path ? path : replace_root(frame->abs_path, mapping);
}
