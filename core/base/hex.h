/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Hexadecimal digits, for the parsers of foreign text.  Any thread. */
#ifndef MORTISE_BASE_HEX_H
#define MORTISE_BASE_HEX_H

/* The value of a digit of either case; -1 for any other character. */
int hex_value(int c);

#endif
