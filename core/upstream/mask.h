/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Some upstreams repeat what they were sent, most of all when they refuse it.  What they
 * repeat of our credentials is blotted out before anybody else sees the answer: plugins,
 * users, the log, the store.  Pure; any thread.
 */
#ifndef MORTISE_UPSTREAM_MASK_H
#define MORTISE_UPSTREAM_MASK_H

struct egress_answer;

/* Put as many '*' in the place of 'secret', also where it is percent-encoded or escaped
 * as JSON does it.  NULL and what is shorter than 8 bytes is left alone. */
void answer_mask(struct egress_answer *answer, const char *secret);

#endif
