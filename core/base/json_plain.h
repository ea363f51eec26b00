/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Strings of JSON, eight bytes at a time.  Any thread. */
#ifndef MORTISE_BASE_JSON_PLAIN_H
#define MORTISE_BASE_JSON_PLAIN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many of the next eight bytes go by without a look: up to the first quote, backslash,
 * control or what is not ASCII.  Each such byte sets its top bit; a borrow can set others
 * only behind the first one. */
static inline size_t json_plain_of_8(const void *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
	uint64_t word, quote, slash, found;

	memcpy(&word, at, sizeof(word));
	word = le64toh(word);
	quote = word ^ (ones * '"');
	slash = word ^ (ones * '\\');
	found = (word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & tops;
	return found == 0 ? 8 : (size_t)__builtin_ctzll(found) / 8;
}

#endif
