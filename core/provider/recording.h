/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a recorded call must not keep: the secrets that it brought, and the tokens and
 * references that were made in it.  Pure; any thread.
 */
#ifndef MORTISE_PROVIDER_RECORDING_H
#define MORTISE_PROVIDER_RECORDING_H

#include <jansson.h>

#define NOT_RECORDED "not recorded"

/* Put NOT_RECORDED wherever one of them stands in the call: in an effect and in the body
 * that it came from, in an answer and in the output that it went to, so that the call can
 * still be replayed. */
void recording_mask(json_t *call);

#endif
