/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Notes of anybody as Jira's wiki markup: the first text of the input is an author, the
 * second Markdown.  Whatever they are, every span lies in a block and in bounds, and the
 * markup has as many macros as blocks ask for, so that nothing leaves its quotation.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

#include "plugins/jira/text.h"
#include "plugins/jira/wiki.h"

#define TEXT_MAX 4096

static size_t count(const char *text, const char *word)
{
	size_t found = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		found++;
	return found;
}

static void check_span(const struct text *text, const struct text_span *span, size_t max)
{
	HOLDS(span->size > 0 || span->type == TEXT_BREAK);
	if (span->type == TEXT_BREAK)
		return;
	HOLDS(span->text >= text->bytes && span->text + span->size <= text->bytes + max);
	HOLDS(!memchr(span->text, '\0', span->size));
	if (span->type == TEXT_LINK) {
		HOLDS(span->url_size > 7 && span->url >= text->bytes);
		HOLDS(span->url + span->url_size <= text->bytes + max);
		HOLDS(!memchr(span->url, ' ', span->url_size) && !memchr(span->url, '\n', span->url_size));
	}
}

static void parse(const char *markdown)
{
	struct text text;
	size_t spans = 0;

	text_parse(markdown, TEXT_MAX, &text);
	for (size_t i = 0; i < text.len; i++) {
		const struct text_block *block = &text.blocks[i];

		HOLDS(block->first == spans);
		HOLDS(block->type == TEXT_CODE ? block->len <= 1 : block->len > 0);
		for (size_t j = 0; j < block->len; j++, spans++)
			check_span(&text, &text.spans[spans], strlen(markdown) + 3);
	}
	HOLDS(spans == text.span_len);
	text_clear(&text);
}

/* A macro that is open is closed again, and text opens none. */
static void check_markup(const char *made)
{
	HOLDS(made && strlen(made) <= WIKI_MAX);
	HOLDS(count(made, "{quote}") % 2 == count(made, "\\{quote}") % 2);
	HOLDS(count(made, "{code}") % 2 == count(made, "\\{code}") % 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *author = fuzz_text(&input);
	cleanup_free char *markdown = fuzz_text(&input);
	cleanup_free char *text = wiki_from_markdown(markdown);
	cleanup_free char *quote = wiki_quote(author, markdown);

	parse(markdown);
	check_markup(text);
	check_markup(quote);
	HOLDS(count(quote, "{quote}") == 2 + count(quote, "\\{quote}"));
	return 0;
}
