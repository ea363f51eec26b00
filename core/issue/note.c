/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Notes: what people write under an issue. */
#include "config.h"
#include "core/issue/change.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/outbound.h"
#include "core/storage/activity.h"
#include "core/storage/issue.h"

static int check_text(const char *text, struct err *err)
{
	if (text[strspn(text, " \t\r\n")] == '\0')
		return err_field(err, "text", "This field may not be blank.");
	if (strlen(text) > ISSUE_NOTE_MAX)
		return err_field(err, "text", "A note has at most %d bytes.", ISSUE_NOTE_MAX);
	return 0;
}

static int hand_out(struct tx *tx, int64_t issue_id, int64_t activity_id, bool edited,
	const struct issue_actor *actor, struct err *err)
{
	const struct outbound change = {
		.issue_id = issue_id,
		.integration_id = actor->integration_id,
		.origin = actor->origin,
		.now_us = actor->now_us,
	};

	return outbound_note(tx, &change, activity_id, edited, err);
}

int issue_note_add(struct tx *tx, int64_t issue_id, const char *text,
	const struct issue_actor *actor, int64_t *ret_activity_id, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:s}", "text", text);
	cleanup_issue struct issue issue = {0};
	int result = check_text(text, err);

	if (result == 0)
		result = issue_get(tx, issue_id, &issue, err);
	if (result < 0)
		return result;
	result = activity_insert(tx, &(struct activity_new){
		.issue_id = issue.id,
		.project_id = issue.project_id,
		.type = ACTIVITY_NOTE,
		.account_id = actor->account_id,
		.origin = actor->origin,
		.data = data,
		.now_us = actor->now_us,
	}, ret_activity_id, err);
	return result < 0 ? result : hand_out(tx, issue_id, *ret_activity_id, false, actor, err);
}

static int note_get(struct tx *tx, int64_t issue_id, int64_t activity_id,
	struct activity *ret_note, struct err *err)
{
	int result = activity_get(tx, issue_id, activity_id, ret_note, err);

	if (result == 0 && strcmp(ret_note->type, ACTIVITY_NOTE) != 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result;
}

int issue_note_edit(struct tx *tx, int64_t issue_id, int64_t activity_id, const char *text,
	const struct issue_actor *actor, bool *ret_changed, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_activity struct activity note = {0};
	const char *there;
	int result = check_text(text, err);

	if (result == 0)
		result = issue_get(tx, issue_id, &issue, err);
	if (result == 0)
		result = note_get(tx, issue_id, activity_id, &note, err);
	if (result < 0)
		return result;
	there = json_string_value(json_object_get(note.data, "text"));
	*ret_changed = !there || strcmp(there, text) != 0;
	if (!*ret_changed)
		return 0;
	json_object_set_new(note.data, "text", json_string(text));
	result = activity_set_data(tx, activity_id, note.data, actor->now_us, err);
	return result < 0 ? result : hand_out(tx, issue_id, activity_id, true, actor, err);
}

int issue_note_delete(struct tx *tx, int64_t issue_id, int64_t activity_id, struct err *err)
{
	cleanup_activity struct activity note = {0};
	int result = note_get(tx, issue_id, activity_id, &note, err);

	return result < 0 ? result : activity_delete(tx, activity_id, err);
}
