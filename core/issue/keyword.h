/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which issues a commit or a pull request says it resolves: "fixes SHOP-7A".  The words
 * are fix, close and resolve with their -s and -d forms, in any case; after one stand one
 * or more short ids, apart by spaces, commas or "and".  Pure; any thread.
 */
#ifndef MORTISE_ISSUE_KEYWORD_H
#define MORTISE_ISSUE_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/issue/short_id.h"

#define KEYWORD_IDS_MAX 50     /* of one text */

/* Short ids in capitals, each once, in the order of the text; how many. */
size_t keyword_ids(const char *text, char ret_ids[static KEYWORD_IDS_MAX][SHORT_ID_SIZE]);

#endif
