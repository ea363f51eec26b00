/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Where a page of a long list begins: beside a row, which is named by its sort key and its
 * id.  The database goes to that place in an index, so a page costs the same however deep
 * in the list it lies, which no OFFSET does.
 *
 * A list has two statements that differ in the comparison and the order:
 *
 *   forwards  … AND (added_at, id) < ($2, $3) ORDER BY added_at DESC, id DESC LIMIT $4
 *   back      … AND (added_at, id) > ($2, $3) ORDER BY added_at, id LIMIT $4
 *
 * The start of a list is a place too, before every row; core/api/cursor.h makes them.
 */
#ifndef MORTISE_STORAGE_KEYSET_H
#define MORTISE_STORAGE_KEYSET_H

#include <stdbool.h>
#include <stdint.h>

/* More than any name that is sorted by: those of imported repositories have up to 1024 bytes. */
#define KEYSET_TEXT_SIZE 1032

/* The first rows of a list that goes upwards, and of one that goes downwards. */
#define KEYSET_FIRST(limit_) \
	((struct keyset){.number = INT64_MIN, .id = INT64_MIN, .limit = (limit_)})
#define KEYSET_NEWEST(limit_) \
	((struct keyset){.number = INT64_MAX, .id = INT64_MAX, .limit = (limit_)})

struct keyset {
	bool back;                 /* rows before the place, the nearest first */
	int64_t number;            /* the sort key of the place, if it is a number */
	char text[KEYSET_TEXT_SIZE];/* or if it is text */
	int64_t id;                /* tells equal keys apart */
	int64_t limit;             /* rows to read */
};

#endif
