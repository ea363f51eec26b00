/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Varlink's type language: "(slug: string, name: ?string, tags: []string)".  Parsed
 * once, then used to check JSON values.  Any thread; a type does not change.
 */
#ifndef MORTISE_ADMIN_VARLINK_H
#define MORTISE_ADMIN_VARLINK_H

#include <stdbool.h>

#include <jansson.h>

struct err;
struct varlink_type;

/* Our own texts: E_INTERNAL says where one is wrong.  All of 'text' must be one type. */
int varlink_parse(const char *text, struct varlink_type **ret_type, struct err *err);
/* Has 'value' this type?  If not, '*ret_path' names the member that is wrong, missing or
 * unknown ("tags.2"); the caller frees it. */
bool varlink_check(const struct varlink_type *type, json_t *value, char **ret_path);
void varlink_free(struct varlink_type *type);

#endif
