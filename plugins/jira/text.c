/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One pass over the lines, and one over the characters of each.  What is kept is written
 * into one buffer that is never longer than the text was; spans point into it.
 */
#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINK_TEXT_MAX 1000     /* bytes that are looked through for the end of a link */
#define LINK_URL_MAX 2048
#define CUT_SIGN "\xe2\x80\xa6"

struct line {
	const char *text;
	size_t size;
	unsigned int quotes;       /* how deep it is quoted */
};

struct parser {
	struct text *text;
	size_t size;               /* of text->bytes, so far */
	size_t words;              /* where the words that are not a span yet begin */
	bool open;                 /* the last block takes more lines */
	bool out_of_memory;
	unsigned int quotes;
	bool in_quote;
	char fence;                /* of the code that is open, or NUL */
	size_t fence_len;
	unsigned int fence_quotes; /* how deep the line that opened it was quoted */
};

/* ---- Building ---- */

static bool grow(void **list, size_t len, size_t size)
{
	void *more;

	if (len & (len - 1) || (len > 0 && len < 8))
		return true;
	more = realloc(*list, (len ? 2 * len : 8) * size);
	if (!more)
		return false;
	*list = more;
	return true;
}

static void add_block(struct parser *parser, enum text_block_type type)
{
	struct text *text = parser->text;
	void *list = text->blocks;

	if (!grow(&list, text->len, sizeof(*text->blocks))) {
		parser->out_of_memory = true;
		return;
	}
	text->blocks = list;
	text->blocks[text->len++] = (struct text_block){.type = type, .first = text->span_len,
		.quote = parser->in_quote ? parser->quotes : 0};
	parser->open = true;
}

static void add_span(struct parser *parser, struct text_span span)
{
	struct text *text = parser->text;
	void *list = text->spans;

	if (parser->out_of_memory || !grow(&list, text->span_len, sizeof(*text->spans))) {
		parser->out_of_memory = true;
		return;
	}
	text->spans = list;
	text->spans[text->span_len++] = span;
	text->blocks[text->len - 1].len++;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void put(struct parser *parser, char c)
{
	parser->text->bytes[parser->size++] = is_control(c) && c != '\n' ? ' ' : c;
}

static void end_words(struct parser *parser)
{
	if (parser->size > parser->words)
		add_span(parser, (struct text_span){.type = TEXT_WORDS,
			.text = parser->text->bytes + parser->words, .size = parser->size - parser->words});
	parser->words = parser->size;
}

/* ---- Inside a line ---- */

static bool is_punctuation(char c)
{
	return (unsigned char)c < 0x80 && ispunct((unsigned char)c);
}

static bool is_scheme(const char *text, size_t size)
{
	return (size > 8 && strncasecmp(text, "https://", 8) == 0) ||
		(size > 7 && (strncasecmp(text, "http://", 7) == 0 ||
			strncasecmp(text, "mailto:", 7) == 0));
}

/* How long the URL at 'text' is, with balanced parentheses; 0: there is none. */
static size_t url_size(const char *text, size_t max)
{
	size_t size = 0, depth = 0;

	if (!is_scheme(text, max))
		return 0;
	for (; size < max && size <= LINK_URL_MAX; size++) {
		char c = text[size];

		if (c == ' ' || c == '\t' || is_control(c) || strchr("<>\"\\^`{|}", c))
			break;
		depth += c == '(';
		if (c == ')' && depth-- == 0)
			break;
	}
	return size <= LINK_URL_MAX && is_scheme(text, size) ? size : 0;
}

/* The same for one that stands among words: what ends a sentence is no part of it. */
static size_t bare_url_size(const char *text, size_t max)
{
	size_t size = strncasecmp(text, "http", max < 4 ? max : 4) == 0 ? url_size(text, max) : 0;

	while (size > 0 && strchr(".,:;!?'*_~[]", text[size - 1]))
		size--;
	return is_scheme(text, size) ? size : 0;
}

/* Where the bracket that 'text' begins with is closed, or 0. */
static size_t bracket_size(const char *text, size_t max)
{
	size_t depth = 0;

	for (size_t i = 0; i < max && i < LINK_TEXT_MAX; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '[')
			depth++;
		else if (text[i] == ']' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Behind the URL of a link: an optional title, and the parenthesis.  0: that is not there. */
static size_t link_end_size(const char *text, size_t max)
{
	size_t size = 0;

	while (size < max && size < LINK_TEXT_MAX && text[size] == ' ')
		size++;
	if (size > 0 && size < max && text[size] == '"') {
		const char *end = memchr(text + size + 1, '"',
			max - size - 1 < LINK_TEXT_MAX ? max - size - 1 : LINK_TEXT_MAX);

		size = end ? (size_t)(end - text) + 1 : max;
	}
	return size < max && text[size] == ')' ? size + 1 : 0;
}

static void put_words(struct parser *parser, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\\' && i + 1 < size && is_punctuation(text[i + 1]))
			i++;
		put(parser, text[i]);
	}
}

static void put_url(struct parser *parser, const char *url, size_t size, struct text_span *span)
{
	span->url = parser->text->bytes + parser->size;
	span->url_size = size;
	memcpy(parser->text->bytes + parser->size, url, size);
	parser->size += size;
}

/* A link whose words are its own URL. */
static void add_bare_link(struct parser *parser, const char *url, size_t size)
{
	struct text_span span = {.type = TEXT_LINK};

	end_words(parser);
	put_url(parser, url, size, &span);
	span.text = span.url;
	span.size = span.url_size;
	add_span(parser, span);
	parser->words = parser->size;
}

/* "[words](url)" at 'text'; what it took, or 0. */
static size_t take_link(struct parser *parser, const char *text, size_t max)
{
	size_t words = bracket_size(text, max), url, end;
	struct text_span span = {.type = TEXT_LINK};

	if (words == 0 || words >= max || text[words] != '(')
		return 0;
	url = url_size(text + words + 1, max - words - 1);
	end = url ? link_end_size(text + words + 1 + url, max - words - 1 - url) : 0;
	if (end == 0)
		return 0;
	if (words == 2) {
		add_bare_link(parser, text + words + 1, url);
		return words + 1 + url + end;
	}
	end_words(parser);
	put_words(parser, text + 1, words - 2);
	span.text = parser->text->bytes + parser->words;
	span.size = parser->size - parser->words;
	put_url(parser, text + words + 1, url, &span);
	add_span(parser, span);
	parser->words = parser->size;
	return words + 1 + url + end;
}

/* "<url>" or a bare one that begins a word. */
static size_t take_url(struct parser *parser, const char *text, size_t max, bool begins_word)
{
	size_t size = 0;

	if (text[0] == '<') {
		size = url_size(text + 1, max - 1);
		if (size == 0 || size + 1 >= max || text[size + 1] != '>')
			return 0;
		add_bare_link(parser, text + 1, size);
		return size + 2;
	}
	size = begins_word ? bare_url_size(text, max) : 0;
	if (size > 0)
		add_bare_link(parser, text, size);
	return size;
}

static void put_line(struct parser *parser, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		bool begins_word = i == 0 || !isalnum((unsigned char)text[i - 1]);
		size_t taken = text[i] == '[' ? take_link(parser, text + i, size - i)
			: text[i] == '<' || text[i] == 'h' || text[i] == 'H' ?
			take_url(parser, text + i, size - i, begins_word) : 0;

		if (taken == 0) {
			taken = text[i] == '\\' && i + 1 < size && is_punctuation(text[i + 1]) ? 2 : 1;
			put(parser, text[i + taken - 1]);
		}
		i += taken;
	}
	end_words(parser);
}

/* ---- Lines ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || is_control(c);
}

/* Of "  > text" the text; however deep, a quotation is one.  Inside code '>' means that only
 * as often as it did where the code began. */
static struct line split_quotes(const struct parser *parser, const char *text, size_t size)
{
	struct line line = {text, size, 0};

	while (!parser->fence || line.quotes < parser->fence_quotes) {
		size_t indent = 0;

		while (indent < 3 && indent < line.size && line.text[indent] == ' ')
			indent++;
		if (indent == line.size || line.text[indent] != '>')
			break;
		indent++;
		indent += indent < line.size && line.text[indent] == ' ';
		line.text += indent;
		line.size -= indent;
		line.quotes++;
	}
	while (line.size > 0 && is_blank(line.text[line.size - 1]))
		line.size--;
	return line;
}

/* How many characters fence code here, 0: none; '*ret_at' is behind them. */
static size_t fence_len(const struct line *line, size_t *ret_at)
{
	size_t at = 0, len = 0;

	while (at < 3 && at < line->size && line->text[at] == ' ')
		at++;
	if (at < line->size && (line->text[at] == '`' || line->text[at] == '~'))
		while (at + len < line->size && line->text[at + len] == line->text[at])
			len++;
	*ret_at = at + len;
	return len >= 3 ? len : 0;
}

static void put_code_line(struct parser *parser, const struct line *line)
{
	size_t at, len = fence_len(line, &at);

	if (len >= parser->fence_len && line->text[at - 1] == parser->fence && at == line->size) {
		parser->open = false;
		end_words(parser);
		parser->fence = '\0';
		return;
	}
	if (parser->size > parser->words)
		put(parser, '\n');
	for (size_t i = 0; i < line->size; i++)
		put(parser, line->text[i]);
}

static bool begin_code(struct parser *parser, const struct line *line)
{
	size_t at, len = fence_len(line, &at);

	if (len == 0 || (line->text[at - 1] == '`' && memchr(line->text + at, '`', line->size - at)))
		return false;
	add_block(parser, TEXT_CODE);
	parser->fence = line->text[at - 1];
	parser->fence_len = len;
	parser->fence_quotes = line->quotes;
	return true;
}

/* A line that is quoted differently from the one before ends what was open. */
static void enter_quote(struct parser *parser, bool quoted)
{
	if (quoted == parser->in_quote)
		return;
	if (parser->fence)
		end_words(parser);
	parser->fence = '\0';
	parser->open = false;
	parser->in_quote = quoted;
	parser->quotes += quoted;
}

static void take(struct parser *parser, const struct line *line)
{
	enter_quote(parser, line->quotes > 0);
	if (parser->fence) {
		put_code_line(parser, line);
	} else if (line->size == 0) {
		parser->open = false;
	} else if (!begin_code(parser, line)) {
		if (parser->open)
			add_span(parser, (struct text_span){.type = TEXT_BREAK});
		else
			add_block(parser, TEXT_PARAGRAPH);
		if (!parser->out_of_memory)
			put_line(parser, line->text, line->size);
	}
}

static size_t cut(const char *text, size_t max)
{
	size_t size = strnlen(text, max + 1);

	if (size <= max)
		return size;
	size = max;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

void text_parse(const char *markdown, size_t max, struct text *ret_text)
{
	static const struct line nothing = {0}, more = {CUT_SIGN, sizeof(CUT_SIGN) - 1, 0};
	size_t size = cut(markdown, max);
	bool was_cut = markdown[size] != '\0';
	struct parser parser = {.text = ret_text};

	*ret_text = (struct text){.bytes = malloc(size + sizeof(CUT_SIGN))};
	parser.out_of_memory = !ret_text->bytes;
	for (size_t at = 0; at < size && !parser.out_of_memory;) {
		size_t end = at;
		struct line line;

		while (end < size && markdown[end] != '\n' && markdown[end] != '\r')
			end++;
		line = split_quotes(&parser, markdown + at, end - at);
		take(&parser, &line);
		at = end + 1 + (end + 1 < size && markdown[end] == '\r' && markdown[end + 1] == '\n');
	}
	if (parser.fence)
		end_words(&parser);
	parser.fence = '\0';
	if (was_cut && !parser.out_of_memory) {
		take(&parser, &nothing);
		take(&parser, &more);
	}
	if (parser.out_of_memory)
		text_clear(ret_text);
}

void text_clear(struct text *text)
{
	free(text->blocks);
	free(text->spans);
	free(text->bytes);
	*text = (struct text){0};
}
