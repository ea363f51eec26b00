/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/webhook/expression.h"

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define MAX_PARTS 16
#define NUMBER_SIZE 24

enum part_kind {
	PART_HEADER,
	PART_PATH,
	PART_CLAIM,
	PART_JSON,
	PART_LITERAL,
	PART_OR,       /* the next sequence begins */
};

struct part {
	enum part_kind kind;
	char *text;            /* name or literal */
	int place;             /* PART_JSON: in the scanner's values */
};

struct expression {
	size_t len;
	struct part parts[MAX_PARTS];
};

static const struct {
	const char *prefix;
	enum part_kind kind;
} prefixes[] = {
	{"header:", PART_HEADER},
	{"path:", PART_PATH},
	{"claim:", PART_CLAIM},
	{"json:", PART_JSON},
};

static int parse_literal(const char **at, struct part *ret_part, struct err *err)
{
	const char *end = strchr(*at + 1, '"');

	if (!end)
		return err_set(err, MORTISE_E_FIELD, "a literal has no closing quote: %s", *at);
	ret_part->kind = PART_LITERAL;
	ret_part->text = xstrndup(*at + 1, (size_t)(end - *at - 1));
	*at = end + 1;
	return 0;
}

static int parse_part(const char **at, struct scanner_plan *plan, struct part *ret_part,
	struct err *err)
{
	size_t size = strcspn(*at, " |\"");

	if (**at == '|') {
		ret_part->kind = PART_OR;
		(*at)++;
		return 0;
	}
	if (**at == '"')
		return parse_literal(at, ret_part, err);
	for (size_t i = 0; i < lengthof(prefixes); i++) {
		size_t skip = strlen(prefixes[i].prefix);

		if (strncmp(*at, prefixes[i].prefix, skip) != 0 || size == skip)
			continue;
		ret_part->kind = prefixes[i].kind;
		ret_part->text = xstrndup(*at + skip, size - skip);
		*at += size;
		if (ret_part->kind != PART_JSON)
			return 0;
		ret_part->place = scanner_plan_add(plan, ret_part->text, err);
		return ret_part->place < 0 ? ret_part->place : 0;
	}
	return err_set(err, MORTISE_E_FIELD, "\"%.*s\" is none of header:NAME, json:/pointer, "
		"path:NAME, claim:NAME and a literal in quotes", (int)size, *at);
}

/* Every "|" must stand between two sequences. */
static bool is_complete(const struct expression *expression)
{
	bool empty = true;

	for (size_t i = 0; i < expression->len; i++) {
		bool is_or = expression->parts[i].kind == PART_OR;

		if (is_or && empty)
			return false;
		empty = is_or;
	}
	return !empty;
}

static int parse_parts(struct expression *expression, const char *text,
	struct scanner_plan *plan, struct err *err)
{
	const char *at = text;
	int result;

	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		if (expression->len == MAX_PARTS)
			return err_set(err, MORTISE_E_LIMIT, "more than %d parts", MAX_PARTS);
		result = parse_part(&at, plan, &expression->parts[expression->len++], err);
		if (result < 0)
			return result;
	}
	if (!is_complete(expression))
		return err_set(err, MORTISE_E_FIELD, "a part is missing beside \"|\"");
	return 0;
}

int expression_parse(const char *text, struct scanner_plan *plan,
	struct expression **ret_expression, struct err *err)
{
	struct expression *expression = new(struct expression);
	int result = parse_parts(expression, text, plan, err);

	if (result < 0) {
		err_prefix(err, "expression '%s': ", text);
		expression_free(expression);
		return result;
	}
	*ret_expression = expression;
	return 0;
}

void expression_free(struct expression *expression)
{
	if (!expression)
		return;
	for (size_t i = 0; i < expression->len; i++)
		free(expression->parts[i].text);
	free(expression);
}

bool expression_needs_body(const struct expression *expression)
{
	for (size_t i = 0; i < expression->len; i++)
		if (expression->parts[i].kind == PART_JSON)
			return true;
	return false;
}

static bool append(char *text, size_t *size, const char *more)
{
	for (; *more; more++) {
		if (*more < 0x20 || *more > 0x7e || *size == SCANNER_VALUE_SIZE)
			return false;
		text[(*size)++] = *more;
	}
	text[*size] = '\0';
	return true;
}

/* A claim that is a text, or an integer written into 'number'; else NULL. */
static const char *claim_text(const json_t *claim, char number[static NUMBER_SIZE])
{
	if (!json_is_integer(claim))
		return json_string_value(claim);
	snprintf(number, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(claim));
	return number;
}

/* The part's text, which may stand in 'number'; NULL: absent. */
static const char *part_text(const struct part *part, const struct expression_source *source,
	char number[static NUMBER_SIZE])
{
	const struct scanner_value *value;
	const char *text;

	switch (part->kind) {
	case PART_HEADER:
		text = source->header(source->arg, part->text);
		break;
	case PART_PATH:
		text = source->path(source->arg, part->text);
		break;
	case PART_CLAIM:
		text = claim_text(json_object_get(source->claims, part->text), number);
		break;
	case PART_JSON:
		value = &source->body->values[part->place];
		text = value->size > 0 ? value->text : NULL;
		break;
	default:
		return part->text;
	}
	return text && *text ? text : NULL;
}

/* One sequence, from '*at' to the next "|" or the end, where '*at' is left. */
static enum expression_state evaluate_sequence(const struct expression *expression, size_t *at,
	const struct expression_source *source, char *ret_text)
{
	enum expression_state state = EXPRESSION_PRESENT;
	size_t size = 0;

	for (; *at < expression->len && expression->parts[*at].kind != PART_OR; (*at)++) {
		const struct part *part = &expression->parts[*at];
		const char *text = NULL;
		char number[NUMBER_SIZE];

		if (state == EXPRESSION_ABSENT)
			continue;
		if (part->kind == PART_JSON && !source->body) {
			state = EXPRESSION_LATER;
			continue;
		}
		text = part_text(part, source, number);
		if (!text || !append(ret_text, &size, text))
			state = EXPRESSION_ABSENT;
	}
	if (state == EXPRESSION_PRESENT && size == 0)
		return EXPRESSION_ABSENT;
	return state;
}

enum expression_state expression_evaluate(const struct expression *expression,
	const struct expression_source *source, char ret_text[static SCANNER_VALUE_SIZE + 1])
{
	for (size_t at = 0; at < expression->len; at++) {
		enum expression_state state = evaluate_sequence(expression, &at, source, ret_text);

		if (state != EXPRESSION_ABSENT)
			return state;
	}
	return EXPRESSION_ABSENT;
}
