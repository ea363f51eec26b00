/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The file that a recording of calls goes to: new, mode 0600, one call a line, each
 * written whole, so that what is there is good whenever the recording ends.
 */
#ifndef MORTISE_CTL_RECORD_H
#define MORTISE_CTL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

#define RECORD_FILE_MAX ((size_t)200 << 20)    /* what mortise-check reads, and room */

struct record {
	int fd;
	const char *path;
	size_t size;
	int64_t len;           /* calls */
	int64_t dropped;       /* that the daemon could not hand over in time */
};

int record_open(const char *path, struct record *ret_record, struct err *err);
/* A part of the stream: {"call": object or null, "dropped": n}.  E_LIMIT: the file is as
 * large as it may become. */
int record_add(struct record *record, const json_t *part, struct err *err);
void record_close(struct record *record);

#endif
