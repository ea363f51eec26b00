/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Results for people.  Foreign text cannot reach the terminal as control characters. */
#ifndef MORTISE_CTL_PRINT_H
#define MORTISE_CTL_PRINT_H

#include <jansson.h>

struct ctl_command;

/* The result of a command, as its table entry says; the caller frees the text. */
char *print_result(const struct ctl_command *command, json_t *result);
/* A text from elsewhere, safe to print; the caller frees it. */
char *print_clean(const char *text);

#endif
