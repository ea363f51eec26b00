/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The webhooks of one provider, made ready: expressions parsed, paths split, one
 * scanner plan each.  Constant once made; counted references; any thread.
 */
#ifndef MORTISE_WEBHOOK_SET_H
#define MORTISE_WEBHOOK_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/provider/registration.h"
#include "core/token/token.h"
#include "core/webhook/expression.h"
#include "core/webhook/scanner.h"

struct daemon;
struct err;

#define WEBHOOK_SEGMENTS_MAX 8
#define WEBHOOK_BODY_MAX (INT64_C(1) << 20)

/* A webhook, ready for use. */
struct webhook_plan {
	const struct reg_webhook *reg;         /* as registered, settings filled in */
	struct reg_webhook filled;             /* what it points to; owns its signatures */
	const char *name;
	struct scanner_plan *scanner;
	struct expression *event, *delivery_id, *subject, *bind_left, *bind_right, *object;
	/* Its keys: one, or that of each token; NULL where a key is fetched. */
	const char *slots[TOKEN_REGISTERED_MAX];
	size_t slot_len;
	char *segments[WEBHOOK_SEGMENTS_MAX];  /* of the path; "{name}" matches any */
	size_t segment_len;
	bool configured;                       /* what it needs is set */
	char *unusable;                        /* why it cannot be used, or NULL */
	int unusable_code;                     /* E_SETTINGS: a setting may mend it */
};

struct webhook_set {
	const struct reg_provider *provider;   /* with a reference */
	struct webhook_plan *plans;
	size_t len;
};

/* The values of a path's "{name}" segments. */
struct webhook_path {
	const struct webhook_plan *plan;
	char *segments[WEBHOOK_SEGMENTS_MAX];  /* of the request; point into storage */
	char *storage;
};

/* Takes over the reference to 'provider'. */
struct webhook_set *webhook_set_new(struct daemon *daemon,
	const struct reg_provider *provider_take);
struct webhook_set *webhook_set_ref(struct webhook_set *set);
void webhook_set_unref(struct webhook_set *set);
void webhook_set_unrefp(struct webhook_set **set);

enum webhook_match { WEBHOOK_FOUND, WEBHOOK_NO_PATH, WEBHOOK_NO_METHOD };

/* The webhook at 'rest' below /extensions/SLUG/.  WEBHOOK_NO_METHOD sets the plan to one
 * that has the path.  Free with webhook_path_clear whatever the result is. */
enum webhook_match webhook_set_find(const struct webhook_set *set, const char *method,
	const char *rest, struct webhook_path *ret_path);
void webhook_path_clear(struct webhook_path *path);
/* For expressions: the value of the segment "{name}", or NULL. */
const char *webhook_path_value(const struct webhook_path *path, const char *name);

/* Is one of its slots of this kind: "provider:"? */
bool webhook_has_slot(const struct webhook_plan *plan, const char *prefix);
bool webhook_is_slot(const char *slot, const char *prefix);
/* "POST" or "POST, DELETE". */
const char *webhook_methods(const struct webhook_plan *plan);
/* The registered event of this name, or NULL. */
const struct mortise_event *webhook_event(const struct webhook_plan *plan, const char *name);
/* May a header of this name be stored?  Not one that carries a secret or a signature. */
bool webhook_may_keep(const struct webhook_plan *plan, const char *header);

#endif
