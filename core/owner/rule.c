/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/rule.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/owner/pattern.h"

#define TEXT_SIZE_MAX ((size_t)64 << 20)
#define BLANKS " \t\r\v\f"

/* ---- The set ---- */

void owner_rules_clear(struct owner_rules *rules)
{
	free(rules->list);
	free(rules->owners);
	buf_clear(&rules->text);
	*rules = (struct owner_rules){0};
}

const char *owner_rules_text(const struct owner_rules *rules, uint32_t at)
{
	return rules->text.data + at;
}

size_t owner_rules_size(const struct owner_rules *rules)
{
	return rules->capacity * sizeof(*rules->list) +
		rules->owner_capacity * sizeof(*rules->owners) + rules->text.capacity;
}

static uint32_t keep(struct owner_rules *rules, const char *text)
{
	uint32_t at = (uint32_t)rules->text.size;

	rules->text.max = TEXT_SIZE_MAX;
	buf_add(&rules->text, text, strlen(text) + 1);
	return at;
}

void owner_rules_add(struct owner_rules *rules, enum owner_matcher matcher, const char *tag,
	const char *pattern)
{
	if (rules->len == rules->capacity) {
		rules->capacity = rules->capacity ? 2 * rules->capacity : 16;
		rules->list = xrealloc(rules->list, rules->capacity * sizeof(*rules->list));
	}
	rules->list[rules->len++] = (struct owner_rule){
		.matcher = matcher,
		.tag = keep(rules, tag ? tag : ""),
		.pattern = keep(rules, pattern),
		.first = (uint32_t)rules->owner_len,
	};
}

void owner_rules_own(struct owner_rules *rules, enum owner_kind kind, const char *name)
{
	if (rules->owner_len == rules->owner_capacity) {
		rules->owner_capacity = rules->owner_capacity ? 2 * rules->owner_capacity : 16;
		rules->owners = xrealloc(rules->owners,
			rules->owner_capacity * sizeof(*rules->owners));
	}
	rules->owners[rules->owner_len++] = (struct owner_name){kind, keep(rules, name)};
	rules->list[rules->len - 1].len++;
}

void owner_rules_drop(struct owner_rules *rules)
{
	rules->len--;
	rules->owner_len = rules->list[rules->len].first;
	rules->text.size = rules->list[rules->len].tag;
}

/* ---- What people write ---- */

static const struct {
	const char *name;
	enum owner_matcher matcher;
} types[] = {
	{"path", OWNER_MATCHER_PATH}, {"module", OWNER_MATCHER_MODULE},
	{"url", OWNER_MATCHER_URL}, {"codeowners", OWNER_MATCHER_CODEOWNERS},
};

char *owner_rule_type(const struct owner_rules *rules, const struct owner_rule *rule)
{
	for (size_t i = 0; i < lengthof(types); i++)
		if (types[i].matcher == rule->matcher)
			return xstrdup(types[i].name);
	return xasprintf("tags.%s", owner_rules_text(rules, rule->tag));
}

/* One line, and how far it was read. */
struct line {
	size_t number;
	char *at;
};

static int refuse(const struct line *line, const char *what, struct err *err)
{
	return err_field(err, "raw", "Parse error in line %zu: %s", line->number, what);
}

/* "tags.NAME:" or "TYPE:", which is cut off; 'matcher' stays if there is none. */
static void take_type(struct line *line, enum owner_matcher *matcher, char **ret_tag)
{
	char *colon = strchr(line->at, ':');

	*ret_tag = NULL;
	if (!colon)
		return;
	if (strncmp(line->at, "tags.", 5) == 0 && colon > line->at + 5) {
		*matcher = OWNER_MATCHER_TAG;
		*ret_tag = line->at + 5;
		*colon = '\0';
		line->at = colon + 1;
		return;
	}
	for (size_t i = 0; i < lengthof(types); i++)
		if (strncmp(line->at, types[i].name, strlen(types[i].name)) == 0 &&
			line->at + strlen(types[i].name) == colon) {
			*matcher = types[i].matcher;
			line->at = colon + 1;
		}
}

/* What stands in double quotes, in place; NULL if they do not end. */
static char *take_quoted(struct line *line)
{
	char *start = ++line->at, *end = start;

	for (; *line->at && *line->at != '"'; line->at++) {
		if (line->at[0] == '\\' && (line->at[1] == '"' || line->at[1] == '\\'))
			line->at++;
		*end++ = *line->at;
	}
	if (*line->at != '"')
		return NULL;
	line->at++;
	*end = '\0';
	return start;
}

/* Up to the next blank, which becomes its end. */
static char *take_word(struct line *line)
{
	char *start = line->at;

	line->at += strcspn(line->at, BLANKS);
	if (*line->at)
		*line->at++ = '\0';
	return start;
}

static int take_owners(struct owner_rules *rules, struct line *line, struct err *err)
{
	size_t before = rules->owner_len;

	while (line->at += strspn(line->at, BLANKS), *line->at) {
		const char *owner = take_word(line);
		bool team = *owner == '#';

		if (team && !owner[1])
			return refuse(line, "\"#\" is no owner: write the team's slug behind it, and put "
				"comments on lines of their own", err);
		owner_rules_own(rules, team ? OWNER_TEAM : OWNER_ADDRESS, owner + team);
	}
	return rules->owner_len > before ? 0 : refuse(line, "the rule has no owner: add a team "
		"(#slug) or a member's address", err);
}

static int take_rule(struct owner_rules *rules, struct line *line, struct err *err)
{
	enum owner_matcher matcher = OWNER_MATCHER_PATH;
	char *tag, *pattern;

	take_type(line, &matcher, &tag);
	pattern = *line->at == '"' ? take_quoted(line) : take_word(line);
	if (!pattern)
		return refuse(line, "the quotation mark is not closed", err);
	if (!*pattern)
		return refuse(line, "there is no pattern behind the type", err);
	if (strlen(pattern) > PATTERN_SIZE_MAX)
		return refuse(line, "the pattern is too long", err);
	owner_rules_add(rules, matcher, tag, pattern);
	return take_owners(rules, line, err);
}

int owner_rules_parse(struct owner_rules *rules, const char *raw, struct err *err)
{
	cleanup_free char *text = xstrdup(raw);
	size_t start = rules->len + rules->owner_len;
	char *rest = text, *end;
	int result = 0;

	for (size_t number = 1; rest && result == 0; number++) {
		struct line line = {.number = number};

		end = strchr(rest, '\n');
		if (end)
			*end = '\0';
		line.at = rest + strspn(rest, BLANKS);
		rest = end ? end + 1 : NULL;
		if (*line.at && *line.at != '#')
			result = take_rule(rules, &line, err);
		if (result == 0 && rules->len + rules->owner_len - start > OWNER_RULES_MAX)
			result = refuse(&line, "there are too many rules and owners", err);
	}
	return result;
}
