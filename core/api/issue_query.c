/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_query.h"

#include <ctype.h>
#include <string.h>

#include "core/api/issue_update.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/short_id.h"
#include "core/storage/release.h"

#define ALL_STATUSES (1u << ISSUE_UNRESOLVED | 1u << ISSUE_RESOLVED | 1u << ISSUE_IGNORED)

/* The next term, without its quotes; 1 there is one, 0 the end. */
static int next_term(const char **text, struct buf *term, struct err *err)
{
	const char *at = *text;
	bool quoted = false;

	buf_clear(term);
	term->max = ISSUE_QUERY_MAX;
	while (isspace((unsigned char)*at))
		at++;
	if (!*at)
		return 0;
	for (; *at && (quoted || !isspace((unsigned char)*at)); at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			buf_add_char(term, *at);
	}
	*text = at;
	return quoted ? err_field(err, "query", "A double quote is not closed.") : 1;
}

static int read_is(const char *value, struct issue_query *query, struct err *err)
{
	int status = strcmp(value, "archived") == 0 ? ISSUE_IGNORED : issue_status_parse(value);

	if (status >= 0)
		query->filter.statuses |= 1u << status;
	else if (strcmp(value, "assigned") == 0)
		query->filter.assigned = ISSUE_ASSIGNED_YES;
	else if (strcmp(value, "unassigned") == 0)
		query->filter.assigned = ISSUE_ASSIGNED_NO;
	else
		return err_field(err, "query", "\"is:%s\" is not known: use unresolved, resolved, "
			"ignored, archived, assigned or unassigned.", value);
	return 0;
}

static int read_assigned(struct tx *tx, const char *value, int64_t me, struct issue_query *query,
	struct err *err)
{
	struct issue_filter *filter = &query->filter;
	int64_t account_id, team_id;
	int result;

	if (strcmp(value, "none") == 0) {
		filter->assigned = ISSUE_ASSIGNED_NO;
		return 0;
	}
	result = issue_assignee_find(tx, filter->organization_id, value, me, "query", &account_id,
		&team_id, err);
	if (result < 0)
		return result;
	if (!account_id && !team_id)
		return err_field(err, "query", "\"assigned:\" needs a name.");
	filter->assigned = team_id ? ISSUE_ASSIGNED_TEAM : ISSUE_ASSIGNED_ACCOUNT;
	filter->assignee_id = team_id ? team_id : account_id;
	return 0;
}

static int read_release(struct tx *tx, const char *value, struct issue_query *query,
	struct err *err)
{
	struct issue_filter *filter = &query->filter;
	cleanup_release struct release release = {0};
	cleanup_release_place struct release_place latest = {0};
	bool is_latest = strcmp(value, "latest") == 0;
	int result;

	if (is_latest && (!filter->of_projects || filter->project_len != 1))
		return err_field(err, "query", "\"release:latest\" needs one project.");
	result = is_latest ? release_latest(tx, filter->project_ids[0], &latest, err)
			   : release_find(tx, filter->organization_id, value, &release, err);
	query->impossible = query->impossible || result == 0;
	filter->release_id = is_latest ? latest.release_id : release.id;
	return result < 0 ? result : 0;
}

static int read_level(const char *value, struct issue_query *query, struct err *err)
{
	query->filter.level = issue_level_parse(value);
	return query->filter.level ? 0 : err_field(err, "query", "\"level:%s\" is not known: use "
		"debug, info, warning, error or fatal.", value);
}

/* Does it look like KEY:VALUE?  A colon in an address or after a space is none. */
static bool has_key(const char *term)
{
	size_t size = strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-!");

	return size > 0 && term[size] == ':' && term[size + 1] != ' ' && term[size + 1] != '/' &&
		term[size + 1] != ':' && term[size + 1] != '\0';
}

static void read_words(const char *term, struct issue_query *query)
{
	char slug[SHORT_ID_SLUG_SIZE];
	char *text;
	int64_t number;

	/* "SHOP-7A": capitals, or it is a word. */
	if (!query->short_id && isupper((unsigned char)term[0]) &&
		short_id_parse(term, slug, &number)) {
		query->short_id = xstrdup(term);
		return;
	}
	text = query->text ? xasprintf("%s %s", query->text, term) : xstrdup(term);
	free(query->text);
	query->text = text;
}

static int read_term(struct tx *tx, const char *term, int64_t me, struct issue_query *query,
	struct err *err)
{
	if (strncmp(term, "is:", 3) == 0)
		return read_is(term + 3, query, err);
	if (strncmp(term, "assigned:", 9) == 0)
		return read_assigned(tx, term + 9, me, query, err);
	if (strncmp(term, "release:", 8) == 0)
		return read_release(tx, term + 8, query, err);
	if (strncmp(term, "level:", 6) == 0)
		return read_level(term + 6, query, err);
	if (has_key(term))
		return err_field(err, "query", "\"%s\" is not known: search by is:, assigned:, "
			"release:, level:, a short id, or words of the title (in quotes, if they "
			"hold a colon).", term);
	read_words(term, query);
	return 0;
}

int issue_query_read(struct tx *tx, const char *text, int64_t me, struct issue_query *query,
	struct err *err)
{
	cleanup_buf struct buf term = BUF(ISSUE_QUERY_MAX);
	int result;

	if (strlen(text) > ISSUE_QUERY_MAX)
		return err_field(err, "query", "A query has at most %d bytes.", ISSUE_QUERY_MAX);
	while ((result = next_term(&text, &term, err)) == 1) {
		result = read_term(tx, buf_text(&term), me, query, err);
		if (result < 0)
			return result;
	}
	if (query->filter.statuses == 0)
		query->filter.statuses = ALL_STATUSES;
	query->filter.text = query->text;
	return result;
}

void issue_query_clear(struct issue_query *query)
{
	free(query->text);
	free(query->short_id);
	*query = (struct issue_query){0};
}
