/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Compares offset and size of every public member with layout-0.txt (TAP), and is
 * itself the proof that the header is pedantic C99.  `layout --print` writes the table.
 */
#include <mortise/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRUCT(struct_) {#struct_, NULL, 0, sizeof(struct struct_)}
#define MEMBER(struct_, member_) \
	{#struct_, #member_, offsetof(struct struct_, member_), sizeof(((struct struct_ *)0)->member_)}

static const struct place {
	const char *structure, *member;
	size_t offset, size;
} places[] = {
	STRUCT(mortise_http),
	MEMBER(mortise_http, size),
	MEMBER(mortise_http, timeout_ms),
	MEMBER(mortise_http, flags),
	MEMBER(mortise_http, upstream),
	MEMBER(mortise_http, method),
	MEMBER(mortise_http, path),
	MEMBER(mortise_http, params),
	MEMBER(mortise_http, query),
	MEMBER(mortise_http, headers),
	MEMBER(mortise_http, body),
	MEMBER(mortise_http, credentials),
	MEMBER(mortise_http, once),
	STRUCT(mortise_answer),
	MEMBER(mortise_answer, size),
	MEMBER(mortise_answer, status),
	MEMBER(mortise_answer, headers),
	MEMBER(mortise_answer, json),
	MEMBER(mortise_answer, bytes),
	MEMBER(mortise_answer, bytes_size),
	MEMBER(mortise_answer, replayed),
	MEMBER(mortise_answer, reserved),
	STRUCT(mortise_host),
	MEMBER(mortise_host, size),
	MEMBER(mortise_host, abi_major),
	MEMBER(mortise_host, abi_minor),
	MEMBER(mortise_host, fail),
	MEMBER(mortise_host, field_error),
	MEMBER(mortise_host, retry_at),
	MEMBER(mortise_host, deadline),
	MEMBER(mortise_host, now),
	MEMBER(mortise_host, log),
	MEMBER(mortise_host, checkpoint),
	MEMBER(mortise_host, read),
	MEMBER(mortise_host, http),
	MEMBER(mortise_host, answer_clear),
	MEMBER(mortise_host, once_settle),
	MEMBER(mortise_host, once_clear),
	MEMBER(mortise_host, cache_get),
	MEMBER(mortise_host, cache_put),
	MEMBER(mortise_host, effect),
	MEMBER(mortise_host, jwt_sign),
	MEMBER(mortise_host, reference_make),
	STRUCT(mortise_provider),
	MEMBER(mortise_provider, size),
	MEMBER(mortise_provider, max_calls),
	MEMBER(mortise_provider, flags),
	MEMBER(mortise_provider, key),
	MEMBER(mortise_provider, row_key),
	MEMBER(mortise_provider, slug),
	MEMBER(mortise_provider, name),
	MEMBER(mortise_provider, description),
	MEMBER(mortise_provider, author),
	MEMBER(mortise_provider, noun),
	MEMBER(mortise_provider, issue_url),
	MEMBER(mortise_provider, source_url),
	MEMBER(mortise_provider, aspects),
	MEMBER(mortise_provider, dialog_width),
	MEMBER(mortise_provider, dialog_height),
	MEMBER(mortise_provider, build),
	MEMBER(mortise_provider, post_install),
	MEMBER(mortise_provider, uninstall),
	MEMBER(mortise_provider, undo),
	MEMBER(mortise_provider, slugs),
	STRUCT(mortise_setting),
	MEMBER(mortise_setting, size),
	MEMBER(mortise_setting, type),
	MEMBER(mortise_setting, flags),
	MEMBER(mortise_setting, name),
	MEMBER(mortise_setting, default_value),
	MEMBER(mortise_setting, help),
	STRUCT(mortise_feature),
	MEMBER(mortise_feature, size),
	MEMBER(mortise_feature, reserved),
	MEMBER(mortise_feature, flags),
	MEMBER(mortise_feature, feature),
	MEMBER(mortise_feature, description),
	STRUCT(mortise_credential),
	MEMBER(mortise_credential, size),
	MEMBER(mortise_credential, kind),
	MEMBER(mortise_credential, name),
	MEMBER(mortise_credential, header),
	MEMBER(mortise_credential, prefix),
	MEMBER(mortise_credential, slot),
	MEMBER(mortise_credential, issuer),
	MEMBER(mortise_credential, life_ms),
	MEMBER(mortise_credential, backdate_ms),
	MEMBER(mortise_credential, parent),
	MEMBER(mortise_credential, mint_path),
	MEMBER(mortise_credential, token_pointer),
	MEMBER(mortise_credential, expires_pointer),
	MEMBER(mortise_credential, consumer_key),
	MEMBER(mortise_credential, token_slot),
	STRUCT(mortise_upstream),
	MEMBER(mortise_upstream, size),
	MEMBER(mortise_upstream, redirects),
	MEMBER(mortise_upstream, flags),
	MEMBER(mortise_upstream, name),
	MEMBER(mortise_upstream, base),
	MEMBER(mortise_upstream, credentials),
	MEMBER(mortise_upstream, accept),
	MEMBER(mortise_upstream, timeout_ms),
	MEMBER(mortise_upstream, cache_ms),
	MEMBER(mortise_upstream, max_answer),
	MEMBER(mortise_upstream, verify),
	STRUCT(mortise_step),
	MEMBER(mortise_step, size),
	MEMBER(mortise_step, kind),
	MEMBER(mortise_step, flags),
	MEMBER(mortise_step, name),
	MEMBER(mortise_step, data_key),
	MEMBER(mortise_step, answer_key),
	MEMBER(mortise_step, save_as),
	MEMBER(mortise_step, skip_when),
	MEMBER(mortise_step, binding),
	MEMBER(mortise_step, client_auth),
	MEMBER(mortise_step, check),
	MEMBER(mortise_step, show),
	MEMBER(mortise_step, extra_value),
	MEMBER(mortise_step, extra_label),
	MEMBER(mortise_step, authorize_url),
	MEMBER(mortise_step, token_url),
	MEMBER(mortise_step, client_id),
	MEMBER(mortise_step, client_secret),
	MEMBER(mortise_step, scopes),
	MEMBER(mortise_step, url),
	MEMBER(mortise_step, request_token_url),
	MEMBER(mortise_step, verify),
	MEMBER(mortise_step, subject),
	MEMBER(mortise_step, life_ms),
	MEMBER(mortise_step, reserved),
	STRUCT(mortise_field),
	MEMBER(mortise_field, size),
	MEMBER(mortise_field, type),
	MEMBER(mortise_field, flags),
	MEMBER(mortise_field, name),
	MEMBER(mortise_field, label),
	MEMBER(mortise_field, help),
	MEMBER(mortise_field, default_value),
	MEMBER(mortise_field, choices),
	MEMBER(mortise_field, max_len),
	MEMBER(mortise_field, reserved),
	STRUCT(mortise_webhook),
	MEMBER(mortise_webhook, size),
	MEMBER(mortise_webhook, mode),
	MEMBER(mortise_webhook, flags),
	MEMBER(mortise_webhook, name),
	MEMBER(mortise_webhook, path),
	MEMBER(mortise_webhook, methods),
	MEMBER(mortise_webhook, max_body),
	MEMBER(mortise_webhook, scope),
	MEMBER(mortise_webhook, scheme),
	MEMBER(mortise_webhook, rule),
	MEMBER(mortise_webhook, reserved),
	MEMBER(mortise_webhook, key),
	MEMBER(mortise_webhook, event),
	MEMBER(mortise_webhook, delivery_id),
	MEMBER(mortise_webhook, subject),
	MEMBER(mortise_webhook, bind_left),
	MEMBER(mortise_webhook, bind_right),
	MEMBER(mortise_webhook, object),
	MEMBER(mortise_webhook, keep_headers),
	MEMBER(mortise_webhook, handler),
	STRUCT(mortise_signature),
	MEMBER(mortise_signature, size),
	MEMBER(mortise_signature, encoding),
	MEMBER(mortise_signature, flags),
	MEMBER(mortise_signature, header),
	MEMBER(mortise_signature, algorithm),
	MEMBER(mortise_signature, prefix),
	STRUCT(mortise_event),
	MEMBER(mortise_event, size),
	MEMBER(mortise_event, accepted),
	MEMBER(mortise_event, flags),
	MEMBER(mortise_event, name),
	STRUCT(mortise_reply),
	MEMBER(mortise_reply, size),
	MEMBER(mortise_reply, status),
	MEMBER(mortise_reply, condition),
	MEMBER(mortise_reply, body),
	STRUCT(mortise_token),
	MEMBER(mortise_token, size),
	MEMBER(mortise_token, algorithm),
	MEMBER(mortise_token, flags),
	MEMBER(mortise_token, where),
	MEMBER(mortise_token, reserved),
	MEMBER(mortise_token, name),
	MEMBER(mortise_token, key),
	MEMBER(mortise_token, audience),
	STRUCT(mortise_page),
	MEMBER(mortise_page, size),
	MEMBER(mortise_page, reserved),
	MEMBER(mortise_page, flags),
	MEMBER(mortise_page, name),
	MEMBER(mortise_page, path),
	MEMBER(mortise_page, subject),
	MEMBER(mortise_page, frame),
	MEMBER(mortise_page, script),
	MEMBER(mortise_page, data),
	STRUCT(mortise_task),
	MEMBER(mortise_task, size),
	MEMBER(mortise_task, scope),
	MEMBER(mortise_task, flags),
	MEMBER(mortise_task, name),
	MEMBER(mortise_task, run),
	MEMBER(mortise_task, version),
	MEMBER(mortise_task, attempts),
	MEMBER(mortise_task, delay_ms),
	MEMBER(mortise_task, factor_percent),
	MEMBER(mortise_task, total_ms),
	MEMBER(mortise_task, schedule_ms),
	STRUCT(mortise_repository_provider),
	MEMBER(mortise_repository_provider, size),
	MEMBER(mortise_repository_provider, reserved),
	MEMBER(mortise_repository_provider, id),
	MEMBER(mortise_repository_provider, name),
	MEMBER(mortise_repository_provider, legacy_ids),
	MEMBER(mortise_repository_provider, list),
	MEMBER(mortise_repository_provider, get),
	MEMBER(mortise_repository_provider, pull_request_path),
	MEMBER(mortise_repository_provider, file),
	MEMBER(mortise_repository_provider, codeowners_paths),
	STRUCT(mortise_issue_provider),
	MEMBER(mortise_issue_provider, size),
	MEMBER(mortise_issue_provider, reserved),
	MEMBER(mortise_issue_provider, flags),
	MEMBER(mortise_issue_provider, key_url),
	MEMBER(mortise_issue_provider, defaults),
	MEMBER(mortise_issue_provider, user_defaults),
	MEMBER(mortise_issue_provider, sync),
	MEMBER(mortise_issue_provider, form),
	MEMBER(mortise_issue_provider, create),
	MEMBER(mortise_issue_provider, get),
	MEMBER(mortise_issue_provider, linked),
	MEMBER(mortise_issue_provider, search),
	MEMBER(mortise_issue_provider, comment_create),
	MEMBER(mortise_issue_provider, comment_update),
	MEMBER(mortise_issue_provider, status_out),
	MEMBER(mortise_issue_provider, assignee_out),
	MEMBER(mortise_issue_provider, status_action),
	STRUCT(mortise_config_form),
	MEMBER(mortise_config_form, size),
	MEMBER(mortise_config_form, reserved),
	MEMBER(mortise_config_form, flags),
	MEMBER(mortise_config_form, form),
	MEMBER(mortise_config_form, save),
	STRUCT(mortise_registry),
	MEMBER(mortise_registry, size),
	MEMBER(mortise_registry, reserved),
	MEMBER(mortise_registry, provider),
	MEMBER(mortise_registry, setting),
	MEMBER(mortise_registry, feature),
	MEMBER(mortise_registry, credential),
	MEMBER(mortise_registry, upstream),
	MEMBER(mortise_registry, step),
	MEMBER(mortise_registry, step_field),
	MEMBER(mortise_registry, arrival),
	MEMBER(mortise_registry, webhook),
	MEMBER(mortise_registry, webhook_signature),
	MEMBER(mortise_registry, webhook_event),
	MEMBER(mortise_registry, webhook_reply),
	MEMBER(mortise_registry, task),
	MEMBER(mortise_registry, repository_provider),
	MEMBER(mortise_registry, issue_provider),
	MEMBER(mortise_registry, config_form),
	MEMBER(mortise_registry, webhook_token),
	MEMBER(mortise_registry, page),
	MEMBER(mortise_registry, page_token),
	STRUCT(mortise_plugin),
	MEMBER(mortise_plugin, magic),
	MEMBER(mortise_plugin, abi_major),
	MEMBER(mortise_plugin, abi_minor),
	MEMBER(mortise_plugin, size),
	MEMBER(mortise_plugin, reserved),
	MEMBER(mortise_plugin, name),
	MEMBER(mortise_plugin, version),
	MEMBER(mortise_plugin, license),
	MEMBER(mortise_plugin, load),
	MEMBER(mortise_plugin, unload),
	STRUCT(mortise_note),
	MEMBER(mortise_note, namesz),
	MEMBER(mortise_note, descsz),
	MEMBER(mortise_note, type),
	MEMBER(mortise_note, owner),
	MEMBER(mortise_note, magic),
	MEMBER(mortise_note, abi_major),
	MEMBER(mortise_note, abi_minor),
	MEMBER(mortise_note, plugin_size),
	MEMBER(mortise_note, name),
	MEMBER(mortise_note, version),
	MEMBER(mortise_note, license),
};

#define PLACE_LEN (sizeof(places) / sizeof(places[0]))

static void place_text(const struct place *place, char *text, size_t size)
{
	if (place->member)
		snprintf(text, size, "%s.%s %u %u\n", place->structure, place->member,
			(unsigned)place->offset, (unsigned)place->size);
	else
		snprintf(text, size, "%s %u\n", place->structure, (unsigned)place->size);
}

static int compare(FILE *file)
{
	char expected[256], found[256];
	size_t i;

	for (i = 0; i < PLACE_LEN; i++) {
		place_text(&places[i], found, sizeof(found));
		if (!fgets(expected, sizeof(expected), file))
			strcpy(expected, "nothing\n");
		if (strcmp(expected, found) != 0) {
			printf("not ok 1 - layout of the public structs\n# expected %s# found %s", expected,
				found);
			return 1;
		}
	}
	if (fgets(expected, sizeof(expected), file)) {
		printf("not ok 1 - layout of the public structs\n# gone: %s", expected);
		return 1;
	}
	printf("ok 1 - layout of the public structs\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	FILE *file;
	size_t i;
	int ret;

	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		for (i = 0; i < PLACE_LEN; i++) {
			place_text(&places[i], path, sizeof(path));
			fputs(path, stdout);
		}
		return 0;
	}
	snprintf(path, sizeof(path), "%s/tests/abi/layout-0.txt", srcdir ? srcdir : ".");
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		return 1;
	}
	printf("1..1\n");
	ret = compare(file);
	fclose(file);
	return ret;
}
