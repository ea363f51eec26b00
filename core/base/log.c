/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"

#define LINE_MAX_SIZE 4096
#define LIMIT_LINES 10
#define LIMIT_WINDOW_MS 60000

static _Atomic int current_level = MORTISE_LOG_INFO;
static _Atomic int current_format = LOG_LOGFMT;

static const struct {
	int level;
	const char *name;
} levels[] = {
	{MORTISE_LOG_ERROR, "error"}, {MORTISE_LOG_WARNING, "warning"},
	{MORTISE_LOG_NOTICE, "notice"}, {MORTISE_LOG_INFO, "info"},
	{MORTISE_LOG_DEBUG, "debug"},
};

void log_setup(int level, enum log_format format)
{
	atomic_store(&current_level, level);
	atomic_store(&current_format, format);
}

int log_level(void)
{
	return atomic_load(&current_level);
}

void log_set_level(int level)
{
	atomic_store(&current_level, level);
}

int log_level_parse(const char *name)
{
	for (size_t i = 0; i < lengthof(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return levels[i].level;
	return -1;
}

const char *log_level_name(int level)
{
	for (size_t i = 0; i < lengthof(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "info";
}

/* Text within double quotes.  Control characters cannot break the line or move a
 * terminal's cursor, and what is no UTF-8 becomes U+FFFD: JSON takes nothing else. */
static void add_quoted(struct buf *line, const char *text)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);

	buf_add_char(line, '"');
	for (size_t size; c < end; c += size > 0 ? size : 1) {
		size = utf8_size(c, end);
		if (size == 0)
			buf_add_text(line, "\\ufffd");
		else if (*c == '"' || *c == '\\')
			buf_printf(line, "\\%c", *c);
		else if (*c == '\n')
			buf_add_text(line, "\\n");
		else if (*c < 0x20 || *c == 0x7f)
			buf_printf(line, "\\u%04x", *c);
		else if (*c == 0xc2 && c[1] < 0xa0)
			buf_printf(line, "\\u%04x", c[1]);
		else
			buf_add(line, c, size);
	}
	buf_add_char(line, '"');
}

static bool is_plain(const char *text)
{
	return *text != '\0' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-_./:@#") == strlen(text);
}

static void add_field(struct buf *line, const struct log_field *field, bool json)
{
	if (json) {
		buf_add_char(line, ',');
		add_quoted(line, field->name);
		buf_add_char(line, ':');
	} else {
		buf_printf(line, " %s=", field->name);
	}
	if (!field->text)
		buf_printf(line, "%lld", (long long)field->number);
	else if (!json && is_plain(field->text))
		buf_add_text(line, field->text);
	else
		add_quoted(line, field->text);
}

void log_write(int level, const char *event, const struct log_field *fields)
{
	cleanup_buf struct buf line = BUF(LINE_MAX_SIZE);
	bool json = atomic_load(&current_format) == LOG_JSON;
	char when[CLOCK_TEXT_SIZE];

	if (level > atomic_load(&current_level))
		return;
	clock_format(clock_now_us(), when);
	if (json)
		buf_printf(&line, "<%d>{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", level,
			when, log_level_name(level), event);
	else
		buf_printf(&line, "<%d>time=%s level=%s event=%s", level, when,
			log_level_name(level), event);
	for (; fields->name; fields++) {
		size_t before = line.size;

		add_field(&line, fields, json);
		if (line.failed) {
			/* Too long: leave this field out, the line stays whole. */
			line.size = before;
			line.failed = false;
		}
	}
	line.max += 8;
	buf_add_text(&line, json ? "}\n" : "\n");
	/* Nothing can be done about a log that takes no more. */
	ssize_t ignored = write(STDERR_FILENO, line.data, line.size);
	(void)ignored;
}

bool log_limit_take(struct log_limit *limit, int64_t *ret_dropped)
{
	int64_t now = clock_mono_ms(), start = atomic_load(&limit->window_ms);

	*ret_dropped = 0;
	if ((start == 0 || now - start > LIMIT_WINDOW_MS) &&
		atomic_compare_exchange_strong(&limit->window_ms, &start, now)) {
		int64_t count = atomic_exchange(&limit->count, 0);

		if (count > LIMIT_LINES)
			*ret_dropped = count - LIMIT_LINES;
	}
	return atomic_fetch_add(&limit->count, 1) < LIMIT_LINES;
}
