/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Errors: a negative code from the list in <mortise/plugin.h>, and words.
 *
 * A function that can fail returns 0 or a negative code and fills 'err', which
 * its caller allocated, exactly once, where the cause is known.  Callers add
 * context in front with err_prefix.  Only err_meaning() turns a code into an
 * HTTP status, the fate of a job and a log level.  Any thread; a struct err
 * belongs to one thread at a time.
 */
#ifndef MORTISE_BASE_ERR_H
#define MORTISE_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

struct err {
	int code;              /* 0: no error yet */
	char *text;            /* for people; owned */
	json_t *fields;        /* E_FIELD: {"field": ["text", …]}; owned */
	int64_t retry_at_ms;   /* E_RATE: not before, ms since 1970; 0: unknown */
	int upstream_status;   /* E_UPSTREAM: its HTTP status; 0: none */
	bool refused;          /* E_FORBIDDEN: by us, who asks may not (403), not upstream */
};

#define cleanup_err __attribute__((__cleanup__(err_clear)))

/* Set code and text, once; a later call on a filled err changes nothing.
 * Returns the code that err holds.  'err' may be NULL. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add one wrong field; the code becomes E_FIELD.  Returns E_FIELD. */
int err_field(struct err *err, const char *field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Who asks may not do this: E_FORBIDDEN, of our own. */
int err_refuse(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Put text in front: err_prefix(err, "install %s: ", key). */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Move 'from' into 'to' (which is cleared first); 'from' is empty afterwards.  Returns the code. */
int err_move(struct err *to, struct err *from);
void err_clear(struct err *err);
const char *err_text(const struct err *err);

enum err_fate {
	ERR_FATE_DONE,
	ERR_FATE_DEAD,      /* dead letter */
	ERR_FATE_HALTED,    /* an end like done, shown with its reason */
	ERR_FATE_RETRIED,   /* counts an attempt */
	ERR_FATE_WAITS,     /* E_RATE: until retry_at, no attempt counted */
};

/* What a code means, everywhere. */
struct err_meaning {
	int code;
	const char *name;      /* "E_FIELD" */
	int http_status;       /* API reply; 0: never a reply */
	enum err_fate fate;
	int log_level;         /* MORTISE_LOG_ */
	bool error_id;         /* the API reply carries an errorId */
};

const struct err_meaning *err_meaning(int code);

#endif
