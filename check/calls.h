/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Files of calls, as mortise-check(1) describes them: JSON objects one after the other,
 * or lists of them.  Recordings are such files.  Main thread.
 */
#ifndef MORTISE_CHECK_CALLS_H
#define MORTISE_CHECK_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

struct call_file {
	const char *path;
	json_t *calls;             /* a list of objects of the described form */
};

/* E_FIELD with the place in the file. */
int call_file_read(const char *path, struct call_file *ret_file, struct err *err);
void call_file_clear(struct call_file *file);

/* The code with this name ("E_FIELD"); false if there is none. */
bool code_parse(const char *name, int *ret_code);
/* The bytes in "body", "text" or "base64" of an object (new, NUL-terminated); NULL if it
 * has none of them. */
char *call_bytes(const json_t *object, size_t *ret_size);

#endif
