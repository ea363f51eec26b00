/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Written are paragraphs, quotations, code blocks and links, which is what our texts have.
 * Read is whatever Jira's editor makes: nodes that Markdown has no words for are read for
 * the text inside them.
 */
#include "adf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jira.h"
#include "text.h"

#define DEPTH_MAX 32           /* of nodes inside nodes that are read */
#define PREFIX_MAX 64          /* of what stands before each line: "> ", "  " */

/* ---- Writing ---- */

static json_t *write_span(const struct text_span *span)
{
	switch (span->type) {
	case TEXT_BREAK:
		return json_pack("{s:s}", "type", "hardBreak");
	case TEXT_LINK:
		return json_pack("{s:s, s:s%, s:[{s:s, s:{s:s%}}]}", "type", "text", "text",
			span->text, span->size, "marks", "type", "link", "attrs", "href", span->url,
			span->url_size);
	default:
		return json_pack("{s:s, s:s%}", "type", "text", "text", span->text, span->size);
	}
}

static json_t *write_block(const struct text *text, const struct text_block *block)
{
	json_t *content = json_array();

	for (size_t i = block->first; i < block->first + block->len; i++)
		if (text->spans[i].type == TEXT_BREAK || text->spans[i].size > 0)
			json_array_append_new(content, write_span(&text->spans[i]));
	return json_pack("{s:s, s:o}", "type", block->type == TEXT_CODE ? "codeBlock" : "paragraph",
		"content", content);
}

static json_t *write_document(json_t *content_take)
{
	return json_pack("{s:s, s:i, s:o}", "type", "doc", "version", 1, "content", content_take);
}

json_t *adf_from_markdown(const char *markdown)
{
	json_t *content = json_array(), *quotation = NULL;
	unsigned int quote = 0;
	struct text text;

	text_parse(markdown, ADF_TEXT_MAX, &text);
	for (size_t i = 0; i < text.len; i++) {
		const struct text_block *block = &text.blocks[i];

		if (block->quote != 0 && block->quote != quote) {
			quotation = json_array();
			json_array_append_new(content, json_pack("{s:s, s:o}", "type", "blockquote",
				"content", quotation));
		}
		quote = block->quote;
		json_array_append_new(quote != 0 ? quotation : content, write_block(&text, block));
	}
	text_clear(&text);
	return write_document(content);
}

/* What is quoted inside a quotation stands in it like the rest: there is no deeper one. */
json_t *adf_quote(const char *author, const char *text_given)
{
	json_t *quotation = json_array();
	struct text text;

	text_parse(text_given ? text_given : "", ADF_TEXT_MAX, &text);
	for (size_t i = 0; i < text.len; i++)
		json_array_append_new(quotation, write_block(&text, &text.blocks[i]));
	text_clear(&text);
	if (json_array_size(quotation) == 0)
		json_array_append_new(quotation, json_pack("{s:s}", "type", "paragraph"));
	return write_document(json_pack("[{s:s, s:[{s:s, s:s+}]}, {s:s, s:o}]", "type", "paragraph",
		"content", "type", "text", "text", author && *author ? author : "Unknown User",
		" wrote:", "type", "blockquote", "content", quotation));
}

/* ---- Reading ---- */

struct reader {
	FILE *out;
	size_t size;               /* written so far */
	unsigned int depth;
	unsigned int breaks;       /* line breaks before what comes next */
	bool is_begun;             /* a sign stands here already, as "- ", to be followed */
	char prefix[PREFIX_MAX];   /* behind each line break */
};

static void put(struct reader *reader, const char *text, size_t size)
{
	if (reader->size + size > PROSE_MAX_SIZE)
		return;
	fwrite(text, 1, size, reader->out);
	reader->size += size;
}

static void break_line(struct reader *reader)
{
	put(reader, "\n", 1);
	put(reader, reader->prefix, strlen(reader->prefix));
}

/* Text of the document, which may have lines of its own. */
static void put_text(struct reader *reader, const char *text)
{
	if (!*text)
		return;
	for (; reader->breaks > 0; reader->breaks--)
		break_line(reader);
	reader->is_begun = false;
	while (*text) {
		size_t size = strcspn(text, "\n");

		put(reader, text, size);
		text += size;
		if (*text == '\n') {
			break_line(reader);
			text++;
		}
	}
}

/* What comes next stands apart from what is there. */
static void begin_block(struct reader *reader)
{
	if (reader->size > 0 && !reader->is_begun)
		reader->breaks = 2;
}

/* A sign that the next block follows on the same line. */
static void put_sign(struct reader *reader, const char *sign)
{
	put_text(reader, sign);
	reader->is_begun = true;
}

static void read_node(struct reader *reader, const json_t *node);

static void read_content(struct reader *reader, const json_t *node)
{
	json_t *child;
	size_t i;

	if (reader->depth == DEPTH_MAX || reader->size >= PROSE_MAX_SIZE)
		return;
	reader->depth++;
	json_array_foreach(json_object_get(node, "content"), i, child)
		read_node(reader, child);
	reader->depth--;
}

/* The content behind 'prefix', which all its lines get. */
static void read_prefixed(struct reader *reader, const json_t *node, const char *prefix)
{
	size_t size = strlen(reader->prefix);

	if (size + strlen(prefix) < sizeof(reader->prefix))
		memcpy(reader->prefix + size, prefix, strlen(prefix) + 1);
	read_content(reader, node);
	reader->prefix[size] = '\0';
}

static void read_paragraph(struct reader *reader, const json_t *node)
{
	begin_block(reader);
	read_content(reader, node);
}

static void read_heading(struct reader *reader, const json_t *node)
{
	json_int_t level = json_integer_value(json_object_get(json_object_get(node, "attrs"),
		"level"));
	char sign[] = "###### ";

	begin_block(reader);
	put_text(reader, sign + (level >= 1 && level <= 6 ? 6 - level : 5));
	read_content(reader, node);
}

static void read_code(struct reader *reader, const json_t *node)
{
	begin_block(reader);
	put_text(reader, "```\n");
	read_content(reader, node);
	put_text(reader, "\n```");
}

/* Its sign comes with each line break, so that only a first line needs one of its own. */
static void read_quote(struct reader *reader, const json_t *node)
{
	begin_block(reader);
	if (reader->breaks == 0)
		put_text(reader, "> ");
	for (; reader->breaks > 1; reader->breaks--)
		break_line(reader);
	reader->is_begun = true;
	read_prefixed(reader, node, "> ");
}

static void read_list(struct reader *reader, const json_t *node)
{
	const char *type = jira_text(node, "type");
	bool is_ordered = strcmp(type, "orderedList") == 0;
	char sign[16];
	json_t *item;
	size_t i;

	if (reader->depth == DEPTH_MAX)
		return;
	reader->depth++;
	begin_block(reader);
	json_array_foreach(json_object_get(node, "content"), i, item) {
		if (i > 0)
			reader->breaks = 1;
		snprintf(sign, sizeof(sign), is_ordered ? "%zu. " : "- ", i + 1);
		put_sign(reader, sign);
		read_prefixed(reader, item, "  ");
	}
	reader->depth--;
}

static void read_rule(struct reader *reader, const json_t *node)
{
	(void)node;
	begin_block(reader);
	put_text(reader, "---");
}

static void read_break(struct reader *reader, const json_t *node)
{
	(void)node;
	put_text(reader, "\n");
}

/* The target of its link, or NULL. */
static const char *link_of(const json_t *node)
{
	json_t *mark;
	size_t i;

	json_array_foreach(json_object_get(node, "marks"), i, mark) {
		const char *type = jira_text(mark, "type");

		if (type && strcmp(type, "link") == 0)
			return jira_text(json_object_get(mark, "attrs"), "href");
	}
	return NULL;
}

static void read_words(struct reader *reader, const json_t *node)
{
	const char *text = jira_text(node, "text");
	const char *url = link_of(node);

	if (!text)
		return;
	if (!url || strcmp(url, text) == 0) {
		put_text(reader, text);
		return;
	}
	put_text(reader, "[");
	put_text(reader, text);
	put_text(reader, "](");
	put_text(reader, url);
	put_text(reader, ")");
}

/* Nodes that say what they are in an attribute: a mention, an emoji, a card. */
static void read_attribute(struct reader *reader, const json_t *node)
{
	static const char *const names[] = {"text", "shortName", "url"};
	const json_t *attributes = json_object_get(node, "attrs");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = jira_text(attributes, names[i]);

		if (text) {
			put_text(reader, text);
			return;
		}
	}
}

static void read_node(struct reader *reader, const json_t *node)
{
	static const struct {
		const char *type;
		void (*read)(struct reader *reader, const json_t *node);
	} types[] = {
		{"text", read_words}, {"paragraph", read_paragraph}, {"heading", read_heading},
		{"codeBlock", read_code}, {"blockquote", read_quote}, {"bulletList", read_list},
		{"orderedList", read_list}, {"rule", read_rule}, {"hardBreak", read_break},
		{"mention", read_attribute}, {"emoji", read_attribute}, {"status", read_attribute},
		{"inlineCard", read_attribute}, {"tableRow", read_paragraph},
	};
	const char *type = jira_text(node, "type");

	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0) {
			types[i].read(reader, node);
			return;
		}
	read_content(reader, node);
}

char *adf_to_markdown(const json_t *document)
{
	struct reader reader = {0};
	char *text = NULL;
	size_t size;

	if (json_is_string(document))
		return jira_cut(json_string_value(document), PROSE_MAX_SIZE);
	if (!json_is_object(document))
		return NULL;
	reader.out = open_memstream(&text, &size);
	if (!reader.out)
		return NULL;
	read_node(&reader, document);
	fclose(reader.out);
	return text;
}
