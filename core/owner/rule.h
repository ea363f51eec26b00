/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Ownership rules: what an event must have, and who owns it then.  They come from the
 * rules that people write for a project, and from CODEOWNERS files:
 *
 *	path:src/checkout*       #web bob@acme.example
 *	tags.browser:Chrome*     #web
 *	codeowners:webpack://shop/api/ @acme/api
 *
 * A line is a matcher and one owner or more; "#" begins a comment.  A matcher is
 * TYPE:PATTERN, its types path, module, url, tags.NAME and codeowners; without a type it is
 * a path.  A pattern with blanks stands in double quotes.
 *
 * Owners are kept by name: who that is, is asked when a rule matches (resolve.h).  Pure
 * functions; any thread.
 */
#ifndef MORTISE_OWNER_RULE_H
#define MORTISE_OWNER_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct err;

#define OWNER_RULES_MAX 50000  /* rules and owners of one text, counted together */

enum owner_matcher {
	OWNER_MATCHER_PATH,
	OWNER_MATCHER_MODULE,
	OWNER_MATCHER_URL,
	OWNER_MATCHER_TAG,
	OWNER_MATCHER_CODEOWNERS,
};

enum owner_kind {
	OWNER_ADDRESS,         /* "bob@acme.example" */
	OWNER_TEAM,            /* "web", written "#web" */
	OWNER_ACCOUNT,         /* "@bob", an account of the upstream */
	OWNER_GROUP,           /* "@acme/web", a team of the upstream */
};

struct owner_name {
	enum owner_kind kind;
	uint32_t name;         /* owner_rules_text */
};

struct owner_rule {
	enum owner_matcher matcher;
	uint32_t tag;          /* of MATCHER_TAG; owner_rules_text */
	uint32_t pattern;
	uint32_t first, len;   /* its owners */
};

struct owner_rules {
	struct owner_rule *list;
	size_t len, capacity;
	struct owner_name *owners;
	size_t owner_len, owner_capacity;
	struct buf text;       /* names and patterns, each with its NUL */
};

/* Zeroed is empty. */
void owner_rules_clear(struct owner_rules *rules);
#define cleanup_owner_rules __attribute__((__cleanup__(owner_rules_clear)))

const char *owner_rules_text(const struct owner_rules *rules, uint32_t at);
/* About how many bytes it holds. */
size_t owner_rules_size(const struct owner_rules *rules);
/* Add a rule, 'tag' NULL if it has none, then its owners. */
void owner_rules_add(struct owner_rules *rules, enum owner_matcher matcher, const char *tag,
	const char *pattern);
void owner_rules_own(struct owner_rules *rules, enum owner_kind kind, const char *name);
/* Take the last rule away. */
void owner_rules_drop(struct owner_rules *rules);

/* Add the rules that people wrote.  E_FIELD names the first line that is none; what was added
 * before it stays. */
int owner_rules_parse(struct owner_rules *rules, const char *raw, struct err *err);

/* "path", "tags.browser": a new string. */
char *owner_rule_type(const struct owner_rules *rules, const struct owner_rule *rule);

#endif
