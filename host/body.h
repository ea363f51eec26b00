/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Foreign JSON (a webhook, an upstream's answer) that jansson alone would refuse.
 * Any thread.
 */
#ifndef MORTISE_HOST_BODY_H
#define MORTISE_HOST_BODY_H

#include <stddef.h>

#include <jansson.h>

struct err;

/* Parse 'text', which is followed by a NUL.  \u0000 and half surrogate pairs become
 * U+FFFD, an integer over 63 bits or a real that no double holds a string.  E_FIELD if
 * it is not JSON. */
int body_parse(const char *text, size_t size, json_t **ret_json, struct err *err);

#endif
