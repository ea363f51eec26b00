/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The method tables of the admin socket, and what their handlers share.  A handler
 * reads parameters that were checked against its interface text.  Workers.
 */
#ifndef MORTISE_ADMIN_ADMIN_METHODS_H
#define MORTISE_ADMIN_ADMIN_METHODS_H

#include <stdint.h>

#include "core/admin/admin.h"

#define ADMIN_ORIGIN "operator"
/* Rows of one reply, where the client does not say. */
#define ADMIN_LIST_MAX 1000

extern const struct admin_method admin_backup_methods[];
extern const struct admin_method admin_daemon_methods[];
extern const struct admin_method admin_import_methods[];
extern const struct admin_method admin_integration_methods[];
extern const struct admin_method admin_people_methods[];
extern const struct admin_method admin_pipeline_methods[];
extern const struct admin_method admin_plugin_methods[];
extern const struct admin_method admin_queue_methods[];
extern const struct admin_method admin_token_methods[];

/* A text of the parameters; NULL if it is absent or null. */
const char *admin_text(const json_t *parameters, const char *name);
int64_t admin_limit(const json_t *parameters);
/* An id, which is text in JSON; E_FIELD if it is none. */
int admin_id(const json_t *parameters, const char *name, int64_t *ret_id, struct err *err);
json_t *admin_id_json(int64_t id);
/* RFC 3339, or null for 0. */
json_t *admin_time_json(int64_t time_us);

#endif
