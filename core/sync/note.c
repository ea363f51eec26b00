/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A note on its way to a tracker.  Its reference is the same at every attempt, and names
 * nothing outside this daemon: it is what a guarded request is called, and the mark by
 * which a comment that may have been made is found again.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/activity.h"
#include "core/storage/member.h"
#include "core/storage/note_copy.h"
#include "core/storage/store.h"

#define REFERENCE_BYTES 16

struct load {
	struct sync *sync;
	/* Set anew at each run: */
	struct activity note;
	struct account author;
	char *external_id;
	bool gone;
};

static void clear(struct load *load)
{
	activity_clear(&load->note);
	account_clear(&load->author);
	free(load->external_id);
	load->external_id = NULL;
	load->gone = false;
}

static int load_in(struct tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	struct sync *sync = load->sync;
	cleanup_err struct err missing = {0};
	int result;

	clear(load);
	result = activity_get(tx, sync->issue_id, sync->note_id, &load->note, &missing);
	if (result == MORTISE_E_NOT_FOUND ||
		(result == 0 && strcmp(load->note.type, ACTIVITY_NOTE) != 0)) {
		load->gone = true;
		return 0;
	}
	if (result < 0)
		return err_move(err, &missing);
	if (load->note.account_id > 0 &&
		account_get(tx, load->note.account_id, &load->author, err) < 0)
		return err->code;
	result = note_copy_find(tx, sync->note_id, sync->external.id, &load->external_id, err);
	return result < 0 ? result : 0;
}

static void make_reference(const struct sync *sync, char ret_hex[REFERENCE_BYTES * 2 + 1])
{
	cleanup_free char *text = xasprintf("note\n%" PRId64 "\n%" PRId64, sync->note_id,
		sync->external.id);
	unsigned char hash[REFERENCE_BYTES];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text),
		sync->link.uid, sizeof(sync->link.uid));
	sodium_bin2hex(ret_hex, REFERENCE_BYTES * 2 + 1, hash, sizeof(hash));
}

int sync_note(struct sync *sync, struct note *ret_note, struct err *err)
{
	struct load load = {.sync = sync};
	char reference[REFERENCE_BYTES * 2 + 1];
	const char *text;
	int result = store_read(sync->run->daemon->store, load_in, &load, err);

	text = json_string_value(json_object_get(load.note.data, "text"));
	if (result == 0 && (load.gone || !text)) {
		result = sync_skip(sync->run, "the note is gone");
	} else if (result == 0) {
		make_reference(sync, reference);
		ret_note->input = json_pack("{s:s, s:O, s:{s:s, s:s, s:s, s:s*}}", "key",
			sync->external.key, "metadata", sync->external.metadata, "note",
			"reference", reference, "author",
			load.author.name ? load.author.name : "", "text", text, "external_id",
			load.external_id);
		ret_note->external_id = steal(&load.external_id);
		result = 1;
	}
	clear(&load);
	return result;
}
