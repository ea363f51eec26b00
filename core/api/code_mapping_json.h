/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows a code mapping, alone and inside others. */
#ifndef MORTISE_API_CODE_MAPPING_JSON_H
#define MORTISE_API_CODE_MAPPING_JSON_H

#include <jansson.h>

struct code_mapping;
struct daemon;

json_t *code_mapping_json(struct daemon *daemon, const struct code_mapping *mapping);

#endif
