/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The parts of a text that differ from one event to the next, told by their form alone:
 * "user 42 at 10.1.2.3" becomes "user <int> at <ip>".  Pure function, any thread.
 */
#ifndef MORTISE_INGEST_PARAMETRIZE_H
#define MORTISE_INGEST_PARAMETRIZE_H

struct buf;

void parametrize(const char *text, struct buf *out);

#endif
