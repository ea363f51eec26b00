/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* UTF-8 in foreign bytes.  Any thread. */
#ifndef MORTISE_BASE_UTF8_H
#define MORTISE_BASE_UTF8_H

#include <stddef.h>

/* Size of the character at 'at', which is before 'end'; 0 if it is none.  No overlong
 * form, surrogate or code above U+10FFFF is one. */
static inline size_t utf8_size(const unsigned char *at, const unsigned char *end)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t size;

	if (*at < 0x80)
		return 1;
	if (*at >= 0xc2 && *at <= 0xdf) {
		size = 2;
	} else if (*at >= 0xe0 && *at <= 0xef) {
		size = 3;
		if (*at == 0xe0)
			low = 0xa0;
		if (*at == 0xed)
			high = 0x9f;
	} else if (*at >= 0xf0 && *at <= 0xf4) {
		size = 4;
		if (*at == 0xf0)
			low = 0x90;
		if (*at == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if ((size_t)(end - at) < size || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

#endif
