/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/keyword.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

static const char *const keywords[] = {"fix", "fixes", "fixed", "close", "closes", "closed",
	"resolve", "resolves", "resolved"};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t word_size(const char *text)
{
	size_t size = 0;

	while (is_word_char(text[size]))
		size++;
	return size;
}

static bool is_keyword(const char *word, size_t size)
{
	for (size_t i = 0; i < lengthof(keywords); i++)
		if (strlen(keywords[i]) == size && strncasecmp(keywords[i], word, size) == 0)
			return true;
	return false;
}

/* The word as a short id in capitals; false if it is none. */
static bool read_id(const char *word, size_t size, char ret_id[static SHORT_ID_SIZE])
{
	char slug[SHORT_ID_SLUG_SIZE];
	int64_t number;

	if (size >= SHORT_ID_SIZE)
		return false;
	memcpy(ret_id, word, size);
	ret_id[size] = '\0';
	if (!short_id_parse(ret_id, slug, &number))
		return false;
	short_id_format(slug, number, ret_id);
	return true;
}

static bool is_listed(char ids[][SHORT_ID_SIZE], size_t len, const char *id)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* The ids that stand at 'text', after a keyword; how far they reach. */
static const char *read_ids(const char *text, char ids[][SHORT_ID_SIZE], size_t *len)
{
	char id[SHORT_ID_SIZE];

	for (;;) {
		const char *at = text + strspn(text, " \t\r\n,:#&");
		size_t size = word_size(at);

		if (size == 3 && strncasecmp(at, "and", 3) == 0) {
			text = at + size;
			continue;
		}
		if (!read_id(at, size, id))
			return text;
		if (*len < KEYWORD_IDS_MAX && !is_listed(ids, *len, id))
			strcpy(ids[(*len)++], id);
		text = at + size;
	}
}

size_t keyword_ids(const char *text, char ret_ids[static KEYWORD_IDS_MAX][SHORT_ID_SIZE])
{
	size_t len = 0;

	while (*text) {
		size_t size = word_size(text);

		if (size == 0) {
			text++;
			continue;
		}
		if (is_keyword(text, size) && strchr(" \t\r\n:", text[size]) && text[size])
			text = read_ids(text + size, ret_ids, &len);
		else
			text += size;
	}
	return len;
}
