/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The names of MORTISE_SCOPE_, as a CALL and messages have them.  Any thread. */
#ifndef MORTISE_FRAME_CALL_SCOPE_H
#define MORTISE_FRAME_CALL_SCOPE_H

/* "unknown" for what is no scope. */
const char *call_scope_name(int scope);
/* 0 for what is no name. */
int call_scope_parse(const char *name);

#endif
