/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What ownership rules look at: the paths and modules of an event's frames, its URL and its
 * tags; or one path that somebody asks about.  Pure functions; any thread.
 */
#ifndef MORTISE_OWNER_SUBJECT_H
#define MORTISE_OWNER_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct owner_rule;
struct owner_rules;

struct owner_subject {
	json_t *paths, *modules;   /* objects whose keys they are: each once */
	json_t *tags;              /* array of pairs, as events have them; or NULL */
	char *url;                 /* or NULL */
	uint64_t steps;            /* of patterns that may still be taken; 0: too many were */
};

/* Of the body of an event, as core/ingest made it: the frames of its exceptions; if it has
 * none, of the event itself; else of the thread that crashed. */
void owner_subject_of_event(const json_t *body, struct owner_subject *ret_subject);
void owner_subject_of_path(const char *path, struct owner_subject *ret_subject);
void owner_subject_clear(struct owner_subject *subject);
#define cleanup_owner_subject __attribute__((__cleanup__(owner_subject_clear)))

/* Does the rule match? */
bool owner_rule_matches(const struct owner_rules *rules, const struct owner_rule *rule,
	struct owner_subject *subject);

#endif
