/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the services that events are forwarded to must be told: Segment, Amazon SQS and
 * Splunk, each with its keys.  A configuration is an object of texts; a project's overrides
 * are one too, laid over it key by key.  Pure functions over constant tables, but for
 * forward_regions_read; any thread.
 */
#ifndef MORTISE_FORWARD_RULES_H
#define MORTISE_FORWARD_RULES_H

#include <stdbool.h>

#include <jansson.h>

struct err;

#define FORWARD_KEYS_MAX 50
#define FORWARD_KEY_MAX 64     /* bytes */
#define FORWARD_VALUE_MAX 2048

struct forward_key {
	const char *name;
	const char *pattern;       /* POSIX extended; NULL: any text */
	const char *hint;          /* what a value looks like */
	bool required;
};

struct forward_provider {
	const char *key, *name;
	const struct forward_key *keys;    /* NULL ends it */
	const char *const *readable;       /* keys that are no secrets; NULL ends it */
};

/* The keys of all providers; NULL ends the list. */
extern const char *const forward_provider_keys[];

/* NULL if there is no such provider. */
const struct forward_provider *forward_provider_find(const char *key);
/* May the store hold this key unsealed?  Not if the provider does not know it. */
bool forward_key_is_readable(const struct forward_provider *provider, const char *key);

/* The regions of AWS, an object as a set; from a file with one a line.  E_SETTINGS if it
 * cannot be read. */
int forward_regions_read(const char *file, json_t **ret_regions, struct err *err);

/* Is 'values' an object of texts, within bounds?  Complaints go to 'field'. */
int forward_values_check(json_t *values, const char *field, struct err *err);
/* A new object without the empty texts. */
json_t *forward_values_filled(json_t *values);
/* A new object: 'overrides' over 'config'. */
json_t *forward_values_merged(json_t *config, json_t *overrides);

/* A whole configuration, without empty texts: what is missing, alone, or else everything that is
 * wrong goes to the field "config". */
int forward_config_check(const struct forward_provider *provider, const json_t *config,
	const json_t *regions, struct err *err);
/* What a project says over 'config': each key by its rule, to the field "overrides".  An
 * empty text takes an optional value away. */
int forward_overrides_check(const struct forward_provider *provider, json_t *config,
	json_t *overrides, const json_t *regions, struct err *err);

#endif
