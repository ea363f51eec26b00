/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void report_init(struct report *report, const char *file, bool as_json)
{
	*report = (struct report){.as_json = as_json, .file = file, .plugin = json_null(),
		.problems = json_array(), .calls = json_array()};
}

void report_clear(struct report *report)
{
	json_decref(report->plugin);
	json_decref(report->problems);
	json_decref(report->calls);
}

/* Texts from a plugin go to a terminal: no control characters but the end of a line. */
static void print_clean(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < 0x20 && *text != '\n' ? '?' : *text);
}

static void add_problem(struct report *report, const char *level, const char *where, const char *text)
{
	json_array_append_new(report->problems, json_pack("{s:s, s:s*, s:s}", "level", level, "where",
		where, "text", text));
	if (report->as_json)
		return;
	printf("%s: %s: ", report->file, level);
	if (where) {
		print_clean(where);
		fputs(": ", stdout);
	}
	print_clean(text);
	putchar('\n');
}

__attribute__((format(printf, 1, 0)))
static char *format_text(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

void report_error(struct report *report, const char *where, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	report->error_len++;
	add_problem(report, "error", where, text);
}

void report_warning(struct report *report, const char *where, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	report->warning_len++;
	add_problem(report, "warning", where, text);
}

void report_note(const struct report *report, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	if (report->as_json)
		return;
	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	print_clean(text);
	putchar('\n');
}

static void print_json(const struct report *report)
{
	cleanup_json json_t *json = json_pack("{s:s, s:b, s:O, s:O, s:O}", "file", report->file, "passed",
		report->error_len == 0, "plugin", report->plugin, "problems", report->problems,
		"calls", report->calls);

	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

int report_finish(struct report *report)
{
	if (report->as_json)
		print_json(report);
	else if (report->error_len + report->warning_len > 0)
		printf("%s: %zu errors, %zu warnings\n", report->file, report->error_len,
			report->warning_len);
	else
		printf("%s: good\n", report->file);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -1;
}
