/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Ownership rules and CODEOWNERS files against a path: the rules, the file, the two roots of
 * a mapping, the path.  Each rule has owners, each comparison ends, and a path in a
 * repository has no slash in front.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/owner/codeowners.h"
#include "core/owner/frame.h"
#include "core/owner/rule.h"
#include "core/owner/subject.h"
#include "core/storage/code_mapping.h"

#define STEPS_MAX 20000

static void check_rules(const struct owner_rules *rules, struct owner_subject *subject)
{
	for (size_t i = 0; i < rules->len; i++) {
		const struct owner_rule *rule = &rules->list[i];
		const char *pattern = owner_rules_text(rules, rule->pattern);
		cleanup_free char *type = owner_rule_type(rules, rule);

		HOLDS(rule->len > 0 && rule->first + rule->len <= rules->owner_len);
		for (uint32_t j = 0; j < rule->len; j++)
			HOLDS(*owner_rules_text(rules, rules->owners[rule->first + j].name));
		HOLDS(*type && strlen(pattern) < rules->text.size);
		(void)owner_rule_matches(rules, rule, subject);
		HOLDS(subject->steps <= STEPS_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *raw = fuzz_text(&input);
	cleanup_free char *file = fuzz_text(&input);
	cleanup_free char *stack_root = fuzz_text(&input);
	cleanup_free char *source_root = fuzz_text(&input);
	cleanup_free char *path = fuzz_text(&input);
	const struct code_mapping mapping = {.stack_root = stack_root, .source_root = source_root};
	const struct owner_frame frame = {.platform = "java", .file = path, .module = raw};
	cleanup_owner_rules struct owner_rules rules = {0};
	cleanup_owner_rules struct owner_rules files = {0};
	cleanup_owner_subject struct owner_subject subject = {0};
	cleanup_free char *source = frame_source_path(&frame, &mapping);
	cleanup_err struct err err = {0};

	owner_subject_of_path(path, &subject);
	subject.steps = STEPS_MAX;
	if (owner_rules_parse(&rules, raw, &err) == 0)
		check_rules(&rules, &subject);
	else
		HOLDS(err.code == MORTISE_E_FIELD && json_object_get(err.fields, "raw"));
	if (codeowners_parse(&files, file, stack_root, source_root))
		check_rules(&files, &subject);
	HOLDS(!source || *source != '/');
	return 0;
}
