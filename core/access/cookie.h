/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The session cookie.  Pure functions; any thread. */
#ifndef MORTISE_ACCESS_COOKIE_H
#define MORTISE_ACCESS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

#define ACCESS_COOKIE "mortise_session"

/* The value of 'name' in a Cookie header (NULL: none); false if it is not there exactly
 * once or does not fit. */
bool cookie_find(const char *header, const char *name, char *ret_value, size_t size);
/* The Set-Cookie header for 'value' below 'public_url'; a 'life_s' of 0 takes it away.
 * A new string. */
char *cookie_make(const char *public_url, const char *name, const char *value, int life_s);

#endif
