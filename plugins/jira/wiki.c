/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A character is escaped only where it would be markup, so that what people read in the
 * editor of Jira stays readable.  Jira's renderer takes a backslash before most of them; a
 * backslash itself, and what a backslash does not help against, is an HTML entity.
 */
#include "wiki.h"

#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX 200           /* of an author */
#define PICTURE_MAX 8          /* of "flagoff)" */
#define NO_MARKUP "\xe2\x80\x8b" /* a space without width */

/* ---- Words ---- */

struct words {
	const char *text;
	size_t size;
	bool line_start;           /* the text begins a line */
	bool in_link;
	size_t at, indent;         /* the next character; the first that is no blank */
};

/* The character that is 'distance' further, NUL outside. */
static char near(const struct words *words, ptrdiff_t distance)
{
	ptrdiff_t at = (ptrdiff_t)words->at + distance;

	return at >= 0 && at < (ptrdiff_t)words->size ? words->text[at] : '\0';
}

static bool is_blank(char c)
{
	return c == '\0' || c == ' ' || c == '\t';
}

/* Nothing but blanks stands before it on the line. */
static bool begins_line(const struct words *words)
{
	return words->line_start && words->at <= words->indent;
}

/* "(y)", "(flag)" and their like become pictures. */
static bool is_picture(const struct words *words)
{
	static const char *const pictures[] = {"y", "n", "i", "/", "x", "!", "+", "-", "?", "on",
		"off", "*", "*r", "*g", "*b", "*y", "flag", "flagoff"};
	const char *inside = words->text + words->at + 1;
	size_t max = words->size - words->at - 1;
	const char *end = memchr(inside, ')', max < PICTURE_MAX ? max : PICTURE_MAX);

	for (size_t i = 0; end && i < sizeof(pictures) / sizeof(pictures[0]); i++)
		if ((size_t)(end - inside) == strlen(pictures[i]) &&
			strncasecmp(inside, pictures[i], strlen(pictures[i])) == 0)
			return true;
	return false;
}

/* "h1. " and "bq. " at the start of a line. */
static bool is_heading_dot(const struct words *words)
{
	char letter = near(words, -2), digit = near(words, -1);
	struct words start = *words;

	if (words->at < 2 || !is_blank(near(words, 1)))
		return false;
	start.at -= 2;
	return begins_line(&start) && ((letter == 'h' && digit >= '1' && digit <= '6') ||
		(letter == 'b' && digit == 'q'));
}

/* Could it open a piece of bold, struck or other text, or be a dash? */
static bool is_phrase_mark(const struct words *words)
{
	char c = near(words, 0), before = near(words, -1), after = near(words, 1);

	if (c == '-' && (before == '-' || after == '-'))
		return true;
	return !isalnum((unsigned char)before) && (!is_blank(after) || begins_line(words));
}

/* Is the next character one that a backslash keeps from being markup here? */
static bool needs_backslash(const struct words *words)
{
	char after = near(words, 1);

	switch (near(words, 0)) {
	case '{':
	case '[':
		return true;
	case '|':
	case '#':
		return begins_line(words);
	case '?':
		return after == '?';
	case '!':
	case '^':
	case '~':
		return !is_blank(after);
	case '*':
	case '_':
	case '-':
	case '+':
		return is_phrase_mark(words);
	default:
		return false;
	}
}

/* The entity that is written for the next character, or NULL. */
static const char *entity_for(const struct words *words)
{
	char after = near(words, 1);

	switch (near(words, 0)) {
	case '\\':
		return "&#92;";
	case '&':
		return after == '#' || isalpha((unsigned char)after) ? "&amp;" : NULL;
	case '|':
		return words->in_link ? "&#124;" : NULL;
	case '[':
		return words->in_link ? "&#91;" : NULL;
	case ']':
		return words->in_link ? "&#93;" : NULL;
	case '.':
		return is_heading_dot(words) ? "&#46;" : NULL;
	case ':':
		return after && strchr(")(PpDd", after) ? "&#58;" : NULL;
	case ';':
		return after == ')' ? "&#59;" : NULL;
	case '(':
		return is_picture(words) ? "&#40;" : NULL;
	default:
		return NULL;
	}
}

static void write_words(FILE *out, struct words words)
{
	while (words.indent < words.size && is_blank(words.text[words.indent]))
		words.indent++;
	for (; words.at < words.size; words.at++) {
		const char *entity = entity_for(&words);

		if (entity) {
			fputs(entity, out);
			continue;
		}
		if (needs_backslash(&words))
			fputc('\\', out);
		fputc(words.text[words.at], out);
	}
}

/* ---- Links ---- */

static void write_url(FILE *out, const char *url, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (strchr("[]|{}\\ ", url[i]) || (unsigned char)url[i] < 0x20)
			fprintf(out, "%%%02X", (unsigned int)(unsigned char)url[i]);
		else
			fputc(url[i], out);
	}
}

static void write_link(FILE *out, const struct text_span *link)
{
	fputc('[', out);
	if (link->text != link->url) {
		write_words(out, (struct words){.text = link->text, .size = link->size, .in_link = true});
		fputc('|', out);
	}
	write_url(out, link->url, link->url_size);
	fputc(']', out);
}

/* ---- Blocks ---- */

struct writer {
	FILE *out;
	const struct text *text;
	bool in_quote;             /* all of it is a quotation already, and they do not nest */
};

static void write_paragraph(const struct writer *writer, const struct text_block *block)
{
	bool line_start = true;
	const char *prefix = writer->in_quote && block->quote ? "> " : "";

	fputs(prefix, writer->out);
	for (size_t i = 0; i < block->len; i++) {
		const struct text_span *span = &writer->text->spans[block->first + i];

		if (span->type == TEXT_LINK)
			write_link(writer->out, span);
		else if (span->type == TEXT_WORDS)
			write_words(writer->out, (struct words){.text = span->text, .size = span->size,
				.line_start = line_start});
		else
			fprintf(writer->out, "\n%s", prefix);
		line_start = span->type == TEXT_BREAK;
	}
}

/* Nothing inside may end it. */
static void write_code(const struct writer *writer, const struct text_block *block)
{
	const struct text_span *code = &writer->text->spans[block->first];

	fputs("{code}\n", writer->out);
	for (size_t i = 0; block->len > 0 && i < code->size; i++) {
		size_t left = code->size - i;

		fputc(code->text[i], writer->out);
		if (code->text[i] == '{' && ((left > 5 && strncasecmp(code->text + i, "{code", 5) == 0) ||
			(left > 6 && strncasecmp(code->text + i, "{quote", 6) == 0)))
			fputs(NO_MARKUP, writer->out);
	}
	fputs("\n{code}", writer->out);
}

static void write_blocks(const struct writer *writer)
{
	const struct text *text = writer->text;

	for (size_t i = 0; i < text->len; i++) {
		const struct text_block *block = &text->blocks[i];
		bool marked = block->quote > 0 && !writer->in_quote;

		if (i > 0)
			fputs("\n\n", writer->out);
		if (marked && (i == 0 || block[-1].quote != block->quote))
			fputs("{quote}", writer->out);
		if (block->type == TEXT_CODE)
			write_code(writer, block);
		else
			write_paragraph(writer, block);
		if (marked && (i + 1 == text->len || block[1].quote != block->quote))
			fputs("{quote}", writer->out);
	}
}

/* ---- Texts ---- */

/* The same for at most 'max' bytes of the Markdown; 'author' NULL: no quotation. */
static char *render(const char *author, const char *markdown, size_t max)
{
	struct text text;
	struct writer writer = {.text = &text, .in_quote = author != NULL};
	char *made = NULL;
	size_t size;

	text_parse(markdown, max, &text);
	writer.out = open_memstream(&made, &size);
	if (writer.out && author) {
		write_words(writer.out, (struct words){.text = author, .size = strlen(author),
			.line_start = true});
		fputs(" wrote:\n\n{quote}", writer.out);
	}
	if (writer.out)
		write_blocks(&writer);
	if (writer.out && author)
		fputs("{quote}", writer.out);
	if (writer.out)
		fclose(writer.out);
	text_clear(&text);
	return made;
}

/* Escapes make a text longer, so what fits is found by trying: less each time. */
static char *render_within(const char *author, const char *markdown)
{
	size_t max = WIKI_MAX;
	char *made = render(author, markdown, max);

	while (made && strlen(made) > WIKI_MAX) {
		free(made);
		max -= max / 4;
		made = render(author, markdown, max);
	}
	return made;
}

char *wiki_from_markdown(const char *markdown)
{
	return render_within(NULL, markdown);
}

/* On one line, and never half a character. */
static char *plain_name(const char *author)
{
	size_t size = strnlen(author, NAME_MAX);
	char *name;

	while (author[size] && size > 0 && ((unsigned char)author[size] & 0xc0) == 0x80)
		size--;
	name = strndup(author, size);
	for (char *c = name; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return name;
}

char *wiki_quote(const char *author, const char *text)
{
	char *name = plain_name(author && *author ? author : "Unknown User");
	char *made = name ? render_within(name, text ? text : "") : NULL;

	free(name);
	return made;
}

char *wiki_link(const char *words, const char *url)
{
	const struct text_span link = {.type = TEXT_LINK, .text = words, .size = strlen(words),
		.url = url, .url_size = strlen(url)};
	char *made = NULL;
	size_t size;
	FILE *out = open_memstream(&made, &size);

	if (!out)
		return NULL;
	write_link(out, &link);
	fclose(out);
	return made;
}
