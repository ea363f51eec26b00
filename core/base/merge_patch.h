/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* JSON merge patch, RFC 7396.  Any thread. */
#ifndef MORTISE_BASE_MERGE_PATCH_H
#define MORTISE_BASE_MERGE_PATCH_H

#include <jansson.h>

/* 'target' with 'patch' applied, as a new reference; neither is changed.  A target
 * that is NULL or no object counts as an empty one, if the patch is an object. */
json_t *merge_patch(const json_t *target, const json_t *patch);

#endif
