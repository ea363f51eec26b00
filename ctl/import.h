/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The client's side of `import legacy`: a file of lines, sent in pieces. */
#ifndef MORTISE_CTL_IMPORT_H
#define MORTISE_CTL_IMPORT_H

#include <jansson.h>

struct client;
struct err;

/* Have the whole file checked, then have it taken in.  '*ret_result' has the sums. */
int import_run(struct client *client, const char *path, json_t **ret_result, struct err *err);

#endif
