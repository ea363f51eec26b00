/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a recorded call must not keep: the secrets that it brought.  Pure; any thread.
 */
#ifndef MORTISE_PROVIDER_RECORDING_H
#define MORTISE_PROVIDER_RECORDING_H

#include <jansson.h>

#define NOT_RECORDED "not recorded"

/* Put NOT_RECORDED wherever a secret of an effect stands in the call: in the effect and in
 * the body that it came from alike, so that the call can still be replayed. */
void recording_mask(json_t *call);

#endif
