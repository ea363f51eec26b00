/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Answers in the form of a form (application/x-www-form-urlencoded).  Any thread. */
#ifndef MORTISE_UPSTREAM_FORM_H
#define MORTISE_UPSTREAM_FORM_H

#include <jansson.h>

/* "a=b&c=d" → an object of strings, the last of a name wins; a part without "=" is left
 * out.  NULL if an escape is broken, stands for NUL, or the text is not UTF-8. */
json_t *form_parse(const char *text);

#endif
