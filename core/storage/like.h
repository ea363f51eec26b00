/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Patterns for LIKE, for the files of core/storage/ only. */
#ifndef MORTISE_STORAGE_LIKE_H
#define MORTISE_STORAGE_LIKE_H

/* "%text%" in lower case, with backslash as escape, a new string; "" for NULL and "". */
char *like_pattern(const char *text);

#endif
