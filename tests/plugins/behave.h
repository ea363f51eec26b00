/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the test plugin does when it is told to: {"do": WORD, …} in a webhook's body
 * or a task's payload.
 *
 *   ok                       answer with {"outcome": "ok"}; so does no word at all
 *   fail      code, text?    fail with that code
 *   field     path           one field error
 *   rate      ms             E_RATE until now + ms
 *   silent    code           return that code without a reason
 *   crash                    abort
 *   segfault                 write to address 1
 *   exit                     end the process
 *   free                     free what was never allocated; the C library has words for it
 *   loop      ms?            keep the processor busy so long, else for ever
 *   sleep     ms             wait in the callback
 *   eat                      allocate until there is no more
 *   meet                     crash if another call does the same just now
 *   leak      size           allocate that many bytes and forget them
 *   effects   effects        give each {"type", …record}
 *   http      method, path, once?, body?, query?   answer {"status", "json", "text"}
 *   create    method, path, once, body, look, effects?   http, and where that is uncertain a
 *             GET of 'look' first; then the effects
 *   read      what, args     answer {"value"}
 *   cache     key, value?    put, or get
 *   sign      algorithm, slot, claims   answer {"value": the token}
 *   refer     ms             answer {"value": the reference}
 *   settle/clear  once       of the ledger
 *   checkpoint  pages        one effect list each, with the cursor {"page": n}
 *   log       count          so many log lines
 *   chatter   size           so many bytes on standard error
 *   now                      answer {"now", "deadline"}
 *   outside   how?           what a host may not: see the table in behave.c; or what it may: time
 *                            (the local one).  Without 'how': fork, and die of it
 *   babble    hex            write these bytes to the host's socket
 *   frame     op, call?, size?, head?, fill?, count?, tail?   write a frame past the host: its
 *                            JSON is head, 'count' times fill, tail; 'size' is promised if
 *                            given; 'call' is this one's number if not given
 *   flood     what           until the host dies: unknown (frames of no call), log, stderr,
 *                            ask (of the cache)
 *   leave     ms             forge this call's RETURN, and go on for so long (0: for ever)
 */
#ifndef MORTISE_TESTS_PLUGINS_BEHAVE_H
#define MORTISE_TESTS_PLUGINS_BEHAVE_H

#include <mortise/plugin.h>

int32_t behave(const struct mortise_host *host, struct mortise_call *call, const json_t *input,
	const json_t *wish, json_t **ret_output);

#endif
