/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Parameters of queries and forms as signatures see them: names and values percent-encoded
 * in the one way that RFC 3986 leaves (as RFC 5849, 3.6 spells it out), in order.  Any
 * thread.
 */
#ifndef MORTISE_CRYPTO_PARAMETERS_H
#define MORTISE_CRYPTO_PARAMETERS_H

#include <stddef.h>

struct err;

#define PARAMETERS_MAX 1024

struct parameter {
	char *name, *value;    /* encoded */
};

struct parameters {
	struct parameter *list;
	size_t len;
};

#define cleanup_parameters __attribute__((__cleanup__(parameters_clear)))

/* Add what a query or form says, however it was encoded: "a=1&b=%20", "+" is a space, a part
 * without "=" has the value "".  E_FIELD for a wrong escape, E_LIMIT for too many. */
int parameters_parse(struct parameters *parameters, const char *text, struct err *err);
/* Add a plain name and its plain value. */
int parameters_add(struct parameters *parameters, const char *name, const char *value,
	struct err *err);
/* By encoded name, then by encoded value. */
void parameters_sort(struct parameters *parameters);
void parameters_clear(struct parameters *parameters);
/* One plain text, encoded (new string). */
char *parameter_encode(const char *text);

#endif
