/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which project key an SDK names: in the header X-Sentry-Auth (or Authorization), or in a
 * DSN.  Pure functions, any thread.
 */
#ifndef MORTISE_INGEST_SENDER_H
#define MORTISE_INGEST_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/storage/project_key.h"

/* "Sentry sentry_version=7, sentry_key=…"; false if it names no key. */
bool sender_of_header(const char *header, char ret_key[static PROJECT_KEY_SIZE]);
/* A key alone; false if it cannot be one. */
bool sender_of_key(const char *text, char ret_key[static PROJECT_KEY_SIZE]);
/* "https://KEY[:SECRET]@host/path/ID"; false if it is none. */
bool sender_of_dsn(const char *dsn, char ret_key[static PROJECT_KEY_SIZE],
	int64_t *ret_project_id);

#endif
