/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/codeowners.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/owner/pattern.h"
#include "core/owner/rule.h"

#define BLANKS " \t\r\v\f"

/* ---- Paths ---- */

/* Runs of slashes become one. */
static void add_squeezed(struct buf *out, const char *text, size_t size)
{
	for (; size > 0; text++, size--)
		if (*text != '/' || out->size == 0 || out->data[out->size - 1] != '/')
			buf_add_char(out, *text);
}

/* "app:///" of a root is as it is. */
static size_t scheme_size(const char *root)
{
	const char *colon = strchr(root, ':');

	return colon ? (size_t)(colon + 1 - root) + strspn(colon + 1, "/") : 0;
}

void codeowners_path(const char *path, const char *stack_root, const char *source_root,
	struct buf *path_out)
{
	const char *slash = strchr(path, '/');
	const char *bare = path + strspn(path, "/");
	const char *root = strstr(bare, source_root);
	size_t scheme = scheme_size(stack_root);

	if (!slash || !slash[1] || !root) {
		buf_add_text(path_out, path);
		return;
	}
	root += strlen(source_root);
	/* Without a slash in it, it would match at any depth. */
	if (*path == '/' && !strchr(stack_root, '/') && !strchr(root, '/'))
		buf_add_char(path_out, '/');
	add_squeezed(path_out, bare, (size_t)(root - bare) - strlen(source_root));
	buf_add(path_out, stack_root, scheme);
	add_squeezed(path_out, stack_root + scheme, strlen(stack_root) - scheme);
	add_squeezed(path_out, root, strlen(root));
}

/* ---- Lines ---- */

/* The next part of a line, up to a blank that has no backslash before it, in place; NULL at
 * the end. */
static char *take_part(char **at)
{
	char *start = *at + strspn(*at, BLANKS), *end = start;

	if (!*start)
		return NULL;
	while (*end && (!strchr(BLANKS, *end) || end[-1] == '\\'))
		end++;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');
	const char *dot = at ? strchr(at + 1, '.') : NULL;

	return at && at > text && !strchr(at + 1, '@') && dot && dot > at + 1 && dot[1];
}

static enum owner_kind kind_of(const char *owner)
{
	if (strchr(owner, '/'))
		return OWNER_GROUP;
	return is_address(owner) ? OWNER_ADDRESS : OWNER_ACCOUNT;
}

/* Can rules not say it? */
static bool is_unusable(const char *path)
{
	const char *bracket = strchr(path, '[');

	return strpbrk(path, BLANKS "!#") || (bracket && strchr(bracket, ']')) ||
		strlen(path) > PATTERN_SIZE_MAX;
}

static void parse_line(struct owner_rules *rules, char *line, const char *stack_root,
	const char *source_root)
{
	cleanup_buf struct buf pattern = BUF(0);
	const char *path = take_part(&line), *owner;

	if (!path || *path == '#' || is_unusable(path))
		return;
	codeowners_path(path, stack_root, source_root, &pattern);
	owner_rules_add(rules, OWNER_MATCHER_CODEOWNERS, NULL, buf_text(&pattern));
	while ((owner = take_part(&line)) && *owner != '#')
		owner_rules_own(rules, kind_of(owner), owner);
	if (rules->list[rules->len - 1].len == 0)
		owner_rules_drop(rules);
}

bool codeowners_parse(struct owner_rules *rules, const char *raw, const char *stack_root,
	const char *source_root)
{
	cleanup_free char *text = xstrdup(raw);
	size_t start = rules->len + rules->owner_len;
	char *rest = text, *end;

	for (; rest; rest = end ? end + 1 : NULL) {
		end = strchr(rest, '\n');
		if (end)
			*end = '\0';
		parse_line(rules, rest, stack_root, source_root);
		if (rules->len + rules->owner_len - start > OWNER_RULES_MAX)
			return false;
	}
	return true;
}
