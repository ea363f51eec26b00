/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * JSON that we made ourselves as compact text, the same text as json_dumps gives.
 *
 * jansson looks for circles in what it writes, with a hash table and a printed address for
 * each object and list, which takes most of its time; a tree that we build has none, and
 * its texts were checked to be UTF-8 when they were put in.  Any thread.
 */
#ifndef MORTISE_BASE_JSON_TEXT_H
#define MORTISE_BASE_JSON_TEXT_H

#include <jansson.h>

struct buf;

void json_text_add(json_t *json, struct buf *to);

#endif
