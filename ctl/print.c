/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/print.h"

#include <ctype.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "ctl/commands.h"

#define MAX_TEXT ((size_t)64 << 20)
#define MAX_COLUMNS 16
#define INDENT 2

/* Length in characters, roughly what a terminal shows. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* A C0 or C1 control character becomes "?". */
static void add_clean(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];

		if (c < 0x20 || c == 0x7f) {
			buf_add_char(out, '?');
		} else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			buf_add_char(out, '?');
			text++;
		} else {
			buf_add_char(out, (char)c);
		}
	}
}

static void add_scalar(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		add_clean(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_add_text(out, json_is_true(value) ? "yes" : "no");
	else
		buf_add_char(out, '-');
}

/* One line: lists with commas, deeper values as JSON. */
static char *cell_text(const json_t *value)
{
	struct buf out = BUF(MAX_TEXT);
	const json_t *part;
	size_t index;

	if (json_is_object(value)) {
		cleanup_free char *text = json_dumps(value, JSON_COMPACT);

		add_clean(&out, text);
	} else if (json_is_array(value)) {
		json_array_foreach(value, index, part) {
			cleanup_free char *text = cell_text(part);

			buf_printf(&out, "%s%s", index > 0 ? "," : "", text);
		}
	} else {
		add_scalar(&out, value);
	}
	return *buf_text(&out) ? buf_steal(&out) : xstrdup("-");
}

/* ---- Tables ---- */

struct table {
	char *names[MAX_COLUMNS];
	size_t widths[MAX_COLUMNS];
	size_t column_len, row_len;
	char **cells;          /* row by row */
};

static void table_free(struct table *table)
{
	for (size_t i = 0; i < table->column_len * table->row_len; i++)
		free(table->cells[i]);
	for (size_t i = 0; i < table->column_len; i++)
		free(table->names[i]);
	free(table->cells);
}

static void take_columns(struct table *table, const char *columns)
{
	while (*columns && table->column_len < MAX_COLUMNS) {
		size_t size = strcspn(columns, " ");
		char *name = xstrndup(columns, size);

		for (char *c = name; *c; c++)
			*c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
		table->widths[table->column_len] = width_of(name);
		table->names[table->column_len++] = name;
		columns += size;
		columns += *columns == ' ';
	}
}

static void take_row(struct table *table, const char *columns, const json_t *row)
{
	table->cells = xrealloc(table->cells,
		(table->row_len + 1) * table->column_len * sizeof(*table->cells));
	for (size_t i = 0; i < table->column_len; i++) {
		size_t size = strcspn(columns, " ");
		cleanup_free char *name = xstrndup(columns, size);
		char *cell = cell_text(json_object_get(row, name));

		if (width_of(cell) > table->widths[i])
			table->widths[i] = width_of(cell);
		table->cells[table->row_len * table->column_len + i] = cell;
		columns += size;
		columns += *columns == ' ';
	}
	table->row_len++;
}

static void add_line(struct buf *out, const struct table *table, char *const *cells)
{
	for (size_t i = 0; i < table->column_len; i++) {
		size_t pad = i + 1 < table->column_len ?
			table->widths[i] - width_of(cells[i]) + INDENT : 0;

		buf_printf(out, "%s%*s", cells[i], (int)pad, "");
	}
	buf_add_char(out, '\n');
}

static void add_table(struct buf *out, const char *columns, const json_t *rows)
{
	__attribute__((__cleanup__(table_free))) struct table table = {0};
	const json_t *row;
	size_t index;

	take_columns(&table, columns);
	json_array_foreach(rows, index, row)
		take_row(&table, columns, row);
	add_line(out, &table, table.names);
	for (size_t i = 0; i < table.row_len; i++)
		add_line(out, &table, table.cells + i * table.column_len);
}

/* ---- Objects ---- */

static void add_object(struct buf *out, json_t *object, int indent);

static bool is_flat(const json_t *list)
{
	return json_array_size(list) == 0 || !json_is_object(json_array_get(list, 0));
}

static void add_member(struct buf *out, const char *name, json_t *value, size_t width, int indent)
{
	json_t *part;
	size_t index;

	buf_printf(out, "%*s", indent, "");
	add_clean(out, name);
	buf_add_char(out, ':');
	if (json_is_object(value) && json_object_size(value) > 0) {
		buf_add_char(out, '\n');
		add_object(out, value, indent + INDENT);
	} else if (json_is_array(value) && !is_flat(value)) {
		buf_add_char(out, '\n');
		json_array_foreach(value, index, part) {
			if (index > 0)
				buf_add_char(out, '\n');
			add_object(out, part, indent + INDENT);
		}
	} else {
		cleanup_free char *text = cell_text(value);

		buf_printf(out, "%*s%s\n", (int)(width - width_of(name) + 1), "", text);
	}
}

static void add_object(struct buf *out, json_t *object, int indent)
{
	size_t width = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		width = width_of(name) > width ? width_of(name) : width;
	json_object_foreach(object, name, value)
		add_member(out, name, value, width, indent);
}

char *print_result(const struct ctl_command *command, json_t *result)
{
	struct buf out = BUF(MAX_TEXT);
	json_t *value = command->member ? json_object_get(result, command->member) : result;

	switch (command->output) {
	case CTL_FIELD:
		add_scalar(&out, value);
		buf_add_char(&out, '\n');
		break;
	case CTL_TABLE:
		add_table(&out, command->columns, value);
		break;
	case CTL_OBJECT:
	case CTL_RECORD:
	case CTL_IMPORT:
		add_object(&out, value, 0);
		break;
	case CTL_NOTHING:
	case CTL_BACKUP:
		break;
	}
	return buf_steal(&out);
}

char *print_clean(const char *text)
{
	struct buf out = BUF(MAX_TEXT);

	add_clean(&out, text);
	return *text ? buf_steal(&out) : xstrdup("");
}
