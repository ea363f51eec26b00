/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Pieces of replies as text, kept until anything is committed: what is asked for over and
 * over costs by the commit, not by the request.  What a piece says of upstreams may change
 * without a commit, so none is kept for longer than TEXT_MEMO_MS.
 *
 * Nothing in a piece may depend on who asks.  A table of a fixed size; any thread.
 */
#ifndef MORTISE_API_TEXT_MEMO_H
#define MORTISE_API_TEXT_MEMO_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct text_memo;

#define TEXT_MEMO_MS 2000
#define TEXT_MEMO_MAX (16 * 1024)      /* bytes of a piece; a larger one is not kept */

struct text_memo *text_memo_new(void);
/* Append the piece 'key'; false: there is none that was made after 'commits' at 'now_ms'. */
bool text_memo_add(struct text_memo *memo, uint64_t key, uint64_t commits, int64_t now_ms,
	struct buf *to);
/* Keep a piece that was read after 'commits' (store_commits) were there, at 'now_ms'. */
void text_memo_keep(struct text_memo *memo, uint64_t key, uint64_t commits, int64_t now_ms,
	const char *text);
void text_memo_free(struct text_memo *memo);

#endif
