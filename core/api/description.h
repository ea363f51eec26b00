/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The description of the API, docs/api/openapi.yaml, as JSON; made when Mortise is built. */
#ifndef MORTISE_API_DESCRIPTION_H
#define MORTISE_API_DESCRIPTION_H

extern const char api_description[];

#endif
