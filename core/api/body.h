/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Reading the members of a request's body, each with its type and its bounds.  A wrong one
 * is an error of its field; reading goes on, so that one answer names them all:
 *
 *	struct body in = {call->body, .err = err};
 *	const char *name = body_text(&in, "name", 64, BODY_REQUIRED);
 *	bool is_active = body_bool(&in, "isActive", true);
 *
 *	if (err->code < 0)
 *		return err->code;
 *
 * Names are given in camelCase; the same in snake_case is read where that is missing.
 * Errors carry the name in camelCase.  null is as good as nothing, unless it is asked for
 * with body_is_null.  What no call reads is ignored.  Results borrow from the body.  Any
 * thread.
 */
#ifndef MORTISE_API_BODY_H
#define MORTISE_API_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

struct body {
	const json_t *object;      /* of anything else, or NULL, nothing was sent */
	const char *field;         /* errors go here, with the member's name in their text; NULL:
				    * each to its own member */
	struct err *err;
};

#define BODY_REQUIRED 1        /* must be sent, and not as null */
#define BODY_BLANK 2           /* a text may be empty, or of blanks only */

/* As it came; NULL if it was not sent. */
json_t *body_member(const struct body *body, const char *name);
/* Was it sent, as null? */
bool body_is_null(const struct body *body, const char *name);
/* Text of at most 'max_len' characters; NULL if none was sent, or it is wrong. */
const char *body_text(const struct body *body, const char *name, size_t max_len, unsigned flags);
/* true or false; 'otherwise' if it was not sent, or is wrong. */
bool body_bool(const struct body *body, const char *name, bool otherwise);
/* A number from 'min' to 'max'; 'otherwise' if it was not sent, or is wrong. */
int64_t body_int(const struct body *body, const char *name, int64_t min, int64_t max,
	int64_t otherwise);
/* An id, as a number or as text; 0 if none was sent, or it is wrong. */
int64_t body_id(const struct body *body, const char *name, unsigned flags);
/* Microseconds since 1970 of "2026-05-01T10:00:00Z"; 0 if none was sent, or it is wrong. */
int64_t body_time(const struct body *body, const char *name);
/* Which of 'choices', a list that NULL ends; -1 if none was sent, or it is wrong. */
int body_choice(const struct body *body, const char *name, const char *const *choices,
	unsigned flags);
/* A list of at most 'max_len' items of one type; NULL if none was sent, or it is wrong. */
json_t *body_list(const struct body *body, const char *name, json_type type, size_t max_len,
	unsigned flags);
json_t *body_object(const struct body *body, const char *name, unsigned flags);

/* How many characters a text has. */
size_t body_text_len(const char *text);

#endif
