/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How the API shows ownership rules and who owns what.  Any thread. */
#ifndef MORTISE_API_OWNER_JSON_H
#define MORTISE_API_OWNER_JSON_H

#include <jansson.h>

struct code_mapping;
struct owner_people;
struct owner_rules;
struct owner_verdict;

/* {"$version": 1, "rules": [{"matcher": {"type", "pattern"}, "owners": [{"type", "id",
 * "name", "identifier"}]}]}; owners that are nobody here are left out, and rules without any. */
json_t *owner_schema_json(const struct owner_rules *rules, const struct owner_people *people);
/* A CODEOWNERS file as people write rules: a line for each of its rules, and its comments. */
json_t *owner_syntax_json(const char *raw, const struct code_mapping *mapping,
	const struct owner_people *people);
/* {"owners": [{"type", "id", "name", "email"}], "rule": ["path", PATTERN] or null, "rules"} */
json_t *owner_verdict_json(const struct owner_verdict *verdict);

#endif
