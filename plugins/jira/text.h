/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Markdown, as far as the texts of mortised and of people's notes use it, taken apart so
 * that it can be written as something else (wiki.h, adf.c): paragraphs, quotations, fenced
 * code, links and bare URLs.  Everything else is plain text.
 *
 * A line break inside a paragraph stays one, as in a comment and unlike a document.
 */
#ifndef MORTISE_PLUGINS_JIRA_TEXT_H
#define MORTISE_PLUGINS_JIRA_TEXT_H

#include <stddef.h>

enum text_block_type {
	TEXT_PARAGRAPH,            /* spans of any type */
	TEXT_CODE,                 /* one span of type TEXT_WORDS, with its line breaks in it; or none */
};

enum text_span_type {
	TEXT_WORDS,                /* on one line */
	TEXT_LINK,
	TEXT_BREAK,                /* a line break; no text */
};

/* Valid UTF-8 if the text was, without control characters; not NUL-terminated. */
struct text_span {
	enum text_span_type type;
	const char *text;
	size_t size;
	const char *url;           /* TEXT_LINK: http, https or mailto, without blanks */
	size_t url_size;
};

struct text_block {
	enum text_block_type type;
	unsigned int quote;        /* blocks of one number are one quotation; 0: not quoted */
	size_t first, len;         /* its spans; none only in empty code */
};

struct text {
	struct text_block *blocks;
	size_t len;
	struct text_span *spans;   /* of all blocks */
	size_t span_len;
	char *bytes;               /* what they point into */
};

/* At most 'max' bytes of 'markdown' (never half a character), and "…" behind them if there
 * are more.  '*ret_text' must be cleared; it is empty when memory is short. */
void text_parse(const char *markdown, size_t max, struct text *ret_text);
void text_clear(struct text *text);

#endif
