/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/owner_json.h"

#include <string.h>

#include "core/api/call.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/owner/assign.h"
#include "core/owner/codeowners.h"
#include "core/owner/resolve.h"
#include "core/owner/rule.h"
#include "core/storage/code_mapping.h"

#define SYNTAX_SIZE_MAX ((size_t)64 << 20)

/* Those of a rule's owners who are somebody. */
static json_t *owners_json(const struct owner_rules *rules, const struct owner_rule *rule,
	const struct owner_people *people)
{
	json_t *owners = json_array();

	for (uint32_t i = 0; i < rule->len; i++) {
		const json_t *found = owner_people_find(people, rules,
			&rules->owners[rule->first + i]);
		json_t *owner = found ? json_copy((json_t *)(uintptr_t)found) : NULL;

		if (!owner)
			continue;
		json_object_set(owner, "identifier", json_object_get(owner, "name"));
		json_array_append_new(owners, owner);
	}
	return owners;
}

json_t *owner_schema_json(const struct owner_rules *rules, const struct owner_people *people)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules->len; i++) {
		const struct owner_rule *rule = &rules->list[i];
		cleanup_free char *type = owner_rule_type(rules, rule);
		cleanup_json json_t *owners = owners_json(rules, rule, people);

		if (json_array_size(owners) > 0)
			json_array_append_new(list, json_pack("{s:{s:s, s:s}, s:O}", "matcher",
				"type", type, "pattern", owner_rules_text(rules, rule->pattern),
				"owners", owners));
	}
	return json_pack("{s:i, s:o}", "$version", 1, "rules", list);
}

/* "codeowners:PATTERN OWNER OWNER\n"; nothing if nobody is left. */
static void add_rule_line(struct buf *out, const struct owner_rules *rules,
	const struct owner_rule *rule, const struct owner_people *people)
{
	size_t before = out->size;
	bool any = false;

	buf_printf(out, "codeowners:%s", owner_rules_text(rules, rule->pattern));
	for (uint32_t i = 0; i < rule->len; i++) {
		const json_t *found = owner_people_find(people, rules,
			&rules->owners[rule->first + i]);
		const char *type = json_string_value(json_object_get(found, "type"));

		if (!found)
			continue;
		buf_printf(out, " %s%s", strcmp(type, "team") == 0 ? "#" : "",
			json_string_value(json_object_get(found, "name")));
		any = true;
	}
	if (any)
		buf_add_char(out, '\n');
	else
		out->size = before;
}

json_t *owner_syntax_json(const char *raw, const struct code_mapping *mapping,
	const struct owner_people *people)
{
	cleanup_buf struct buf out = BUF(SYNTAX_SIZE_MAX);

	for (const char *end; *raw; raw = *end ? end + 1 : end) {
		cleanup_owner_rules struct owner_rules rules = {0};
		cleanup_free char *line = NULL;
		const char *start = raw + strspn(raw, " \t\r");

		end = start + strcspn(start, "\n");
		line = xstrndup(start, (size_t)(end - start));
		line[strcspn(line, "\r")] = '\0';
		if (*line == '#')
			buf_printf(&out, "%s\n", line);
		else if (codeowners_parse(&rules, line, mapping->stack_root, mapping->source_root) &&
			rules.len > 0)
			add_rule_line(&out, &rules, &rules.list[0], people);
	}
	if (out.size > 0 && out.data[out.size - 1] == '\n')
		out.size--;
	return out.failed ? json_string("") : json_stringn(out.data ? out.data : "", out.size);
}

json_t *owner_verdict_json(const struct owner_verdict *verdict)
{
	json_t *owners = json_array();
	json_t *rule = json_array_get(json_array_get(verdict->rules, 0), 0);

	for (size_t i = 0; i < verdict->len; i++)
		json_array_append_new(owners, json_pack("{s:s, s:o, s:s, s:s*}", "type",
			verdict->owners[i].is_team ? "team" : "user", "id",
			api_id_json(verdict->owners[i].id), "name", verdict->owners[i].name, "email",
			verdict->owners[i].email));
	return json_pack("{s:o, s:O?, s:O}", "owners", owners, "rule", rule, "rules",
		verdict->rules);
}
