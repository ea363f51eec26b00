/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What stands in an Authorization header of OAuth 1.0a. */
#ifndef MORTISE_TESTS_OAUTH_HEADER_H
#define MORTISE_TESTS_OAUTH_HEADER_H

/* The value of 'name', decoded (new string); NULL: it has none. */
char *oauth_header_part(const char *header, const char *name);

#endif
