/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The texts that go to GitHub: quotations, and the mark by which what we made is found
 * again when its answer got lost.  The mark is an HTML comment on the last line, which
 * GitHub does not show.
 */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX_SIZE 65000    /* GitHub takes 65,536 characters, mark included */
#define UNMARKED_MAX_SIZE 262144 /* and so no more bytes than this */
#define MARK_PREFIX "<!-- mortise:"
#define MARK_SUFFIX " -->"
#define CUT_SIGN "\n\n…"

char *github_once(const char *what, const char *reference)
{
	char *once;

	if (asprintf(&once, "%s:%s", what, reference ? reference : "") < 0)
		return NULL;
	return once;
}

char *github_mark(const char *text, const char *mark)
{
	char *kept = github_cut(text, BODY_MAX_SIZE);
	bool cut = strlen(kept) < strlen(text);
	char *marked;

	if (asprintf(&marked, "%s%s\n\n" MARK_PREFIX "%s" MARK_SUFFIX, kept, cut ? CUT_SIGN : "",
		mark) < 0)
		marked = NULL;
	free(kept);
	return marked;
}

/* Where the mark on the last line of 'text' begins, or NULL. */
static const char *find_mark(const char *text)
{
	size_t size = strlen(text);
	const char *end = text + size, *start;

	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	start = end;
	while (start > text && start[-1] != '\n')
		start--;
	if ((size_t)(end - start) < strlen(MARK_PREFIX MARK_SUFFIX) ||
		strncmp(start, MARK_PREFIX, strlen(MARK_PREFIX)) != 0 ||
		strncmp(end - strlen(MARK_SUFFIX), MARK_SUFFIX, strlen(MARK_SUFFIX)) != 0)
		return NULL;
	return start;
}

bool github_has_mark(const char *text, const char *mark)
{
	const char *start = text ? find_mark(text) : NULL;
	size_t size = strlen(mark);

	return start && strncmp(start + strlen(MARK_PREFIX), mark, size) == 0 &&
		strncmp(start + strlen(MARK_PREFIX) + size, MARK_SUFFIX, strlen(MARK_SUFFIX)) == 0;
}

char *github_unmark(const char *text)
{
	char *kept = text ? github_cut(text, UNMARKED_MAX_SIZE) : NULL;
	const char *start = kept ? find_mark(kept) : NULL;
	size_t size = start ? (size_t)(start - kept) : 0;

	if (!start)
		return kept;
	while (size > 0 && strchr(" \t\r\n", kept[size - 1]))
		size--;
	kept[size] = '\0';
	return kept;
}

/* A name as plain words on one line: no markup, and nobody is notified. */
static void write_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			fputc(' ', out);
		else if (*name == '@')
			fputs("@\xe2\x80\x8b", out);
		else if (strchr("\\`*_[]<>#~|&!", *name))
			fprintf(out, "\\%c", *name);
		else
			fputc(*name, out);
	}
}

/* "\n", "\r\n" and "\r" end a line in Markdown: each line stays inside the quotation. */
static void write_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\r\n");

		fprintf(out, "> %.*s", (int)size, text);
		text += size;
		text += *text == '\r' && text[1] == '\n';
		if (*text) {
			fputc('\n', out);
			text++;
		}
	}
}

char *github_quote(const char *author, const char *text)
{
	char *quoted = NULL;
	size_t size;
	FILE *out = open_memstream(&quoted, &size);

	if (!out)
		return NULL;
	fputs("**", out);
	write_name(out, author && *author ? author : "Unknown User");
	fputs("** wrote:\n\n", out);
	write_lines(out, text ? text : "");
	fclose(out);
	return quoted;
}
