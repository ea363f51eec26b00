/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* JSON in a column of text, for the files of core/storage/ only. */
#ifndef MORTISE_STORAGE_JSON_COLUMN_H
#define MORTISE_STORAGE_JSON_COLUMN_H

#include <jansson.h>

struct query;

/* The object in a column, a new one; {} for anything else. */
json_t *json_column(struct query *query, int column);
/* The text of an object, a new string; "{}" for NULL. */
char *json_column_text(const json_t *object);

#endif
