/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The status map of a link as plugins give and take it: {external project's id: {"name",
 * "resolved","unresolved"}}.  In a transaction.
 */
#ifndef MORTISE_TRACKER_STATUS_MAP_H
#define MORTISE_TRACKER_STATUS_MAP_H

#include <stdint.h>

#include <jansson.h>

struct err;
struct tx;

/* A new object; empty if the link has no map. */
int status_map_read(struct tx *tx, int64_t link_id, json_t **ret_projects, struct err *err);
/* Replace the whole map.  E_FIELD "sync_status_forward" for a project that is too long or
 * lacks one of its two sides, or for too many: then the transaction must end. */
int status_map_replace(struct tx *tx, int64_t link_id, const json_t *projects, int64_t now_us,
	struct err *err);

#endif
