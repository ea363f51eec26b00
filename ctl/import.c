/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/import.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "ctl/client.h"

#define METHOD "ImportLegacy"
/* Of a message, which is 1 MiB at most, with room for what JSON escapes. */
#define PIECE_SIZE ((size_t)256 << 10)
#define LINE_SIZE ((size_t)64 << 10)

/* Send one piece and add up what it held. */
static int send_piece(struct client *client, const char *lines, json_int_t first, bool check,
	json_t *sums, struct err *err)
{
	cleanup_json json_t *parameters = json_pack("{s:s, s:I, s:b}", "lines", lines, "first",
		first, "check", check);
	cleanup_json json_t *part = NULL;
	const char *name;
	json_t *value;
	bool more;
	int result;

	if (!parameters)
		return err_set(err, MORTISE_E_FIELD, "line %lld or one behind it is not UTF-8",
			(long long)first);
	result = client_send(client, METHOD, parameters, false, err);
	if (result == 0)
		result = client_receive(client, &part, &more, err);
	if (result < 0)
		return result;
	json_object_foreach(part, name, value)
		json_object_set_new(sums, name, json_integer(json_integer_value(value) +
			json_integer_value(json_object_get(sums, name))));
	return 0;
}

static int send_file(struct client *client, FILE *file, bool check, json_t *sums, struct err *err)
{
	cleanup_free char *line = xmalloc(LINE_SIZE);
	json_int_t first = 1, number = 0;
	int result = 0;

	for (bool ended = false; result == 0 && !ended;) {
		cleanup_buf struct buf piece = BUF(PIECE_SIZE + LINE_SIZE);

		while (piece.size < PIECE_SIZE && !ended) {
			size_t size;

			ended = !fgets(line, (int)LINE_SIZE, file);
			size = ended ? 0 : strlen(line);
			if (size == LINE_SIZE - 1 && line[size - 1] != '\n')
				return err_set(err, MORTISE_E_LIMIT,
					"line %lld is longer than %zu bytes",
					(long long)number + 1, LINE_SIZE - 2);
			buf_add(&piece, line, size);
			number += size > 0;
		}
		if (piece.size > 0)
			result = send_piece(client, buf_text(&piece), first, check, sums, err);
		first = number + 1;
	}
	return result;
}

int import_run(struct client *client, const char *path, json_t **ret_result, struct err *err)
{
	FILE *file = fopen(path, "re");
	cleanup_json json_t *checked = json_object();
	json_t *sums;
	int result;

	if (!file)
		return err_set(err, MORTISE_E_SETTINGS, "cannot read %s: %s", path, strerror(errno));
	sums = json_object();
	result = send_file(client, file, true, checked, err);
	rewind(file);
	if (result == 0)
		result = send_file(client, file, false, sums, err);
	if (result == 0 && ferror(file))
		result = err_set(err, MORTISE_E_SETTINGS, "%s could not be read to its end", path);
	fclose(file);
	if (result == 0)
		*ret_result = steal(&sums);
	json_decref(sums);
	return result;
}
