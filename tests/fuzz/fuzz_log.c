/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Log lines that hold foreign text: whatever it is, a line is one line,
 * and in JSON an object that has the text.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/base/log.h"

#define LINE_MAX_SIZE 8192

/* The line that is written, in 'ret_line'. */
static void write_line(enum log_format format, const char *text, char ret_line[LINE_MAX_SIZE])
{
	static int file = -1, error = -1;
	ssize_t size;

	if (file < 0) {
		file = memfd_create("fuzz", MFD_CLOEXEC);
		error = dup(STDERR_FILENO);
		HOLDS(file >= 0 && error >= 0);
	}
	HOLDS(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
	log_setup(MORTISE_LOG_INFO, format);
	dup2(file, STDERR_FILENO);
	log_info("fuzz.line", LOG_TEXT("text", text), LOG_INT("number", 5));
	dup2(error, STDERR_FILENO);
	size = pread(file, ret_line, LINE_MAX_SIZE - 1, 0);
	HOLDS(size > 0);
	ret_line[size] = '\0';
	HOLDS(strlen(ret_line) == (size_t)size);
	HOLDS(strchr(ret_line, '\n') == ret_line + size - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);
	cleanup_json json_t *json = NULL;
	char line[LINE_MAX_SIZE];
	cleanup_json json_t *sent = NULL;
	const json_t *number;

	write_line(LOG_LOGFMT, text, line);
	HOLDS(strncmp(line, "<6>", 3) == 0 && strstr(line, " event=fuzz.line "));
	write_line(LOG_JSON, text, line);
	json = json_loads(line + 3, 0, NULL);
	HOLDS(json_is_object(json));
	number = json_object_get(json, "number");
	HOLDS(!number || json_integer_value(number) == 5);
	/* What is no UTF-8 is replaced, what is too long left out, all else stands there. */
	sent = json_string(text);
	if (sent && json_object_get(json, "text"))
		HOLDS(json_equal(json_object_get(json, "text"), sent));
	return 0;
}
