/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_query.h"

#include <ctype.h>
#include <string.h>

#include "core/access/access.h"
#include "core/api/issue_range.h"
#include "core/api/issue_update.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/short_id.h"
#include "core/storage/project.h"
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

/* What reads the value of one key. */
struct reader {
	struct tx *tx;
	const struct principal *principal;
	struct issue_query *query;
	unsigned excluded;         /* statuses, as bits */
};

static int status_read(const char *value)
{
	return strcmp(value, "archived") == 0 ? ISSUE_IGNORED : issue_status_parse(value);
}

static int read_is(struct reader *reader, const char *value, struct err *err)
{
	struct issue_filter *filter = &reader->query->filter;
	int status = status_read(value);

	if (status >= 0)
		filter->statuses |= 1u << status;
	else if (strcmp(value, "assigned") == 0)
		filter->assigned = ISSUE_ASSIGNED_YES;
	else if (strcmp(value, "unassigned") == 0)
		filter->assigned = ISSUE_ASSIGNED_NO;
	else
		return err_field(err, "query", "\"is:%s\" is not known: use unresolved, resolved, "
			"ignored, archived, assigned or unassigned.", value);
	return 0;
}

static int read_is_not(struct reader *reader, const char *value, struct err *err)
{
	int status = status_read(value);

	if (status < 0)
		return err_field(err, "query", "\"!is:%s\" is not known: use unresolved, "
			"resolved, ignored or archived.", value);
	reader->excluded |= 1u << status;
	return 0;
}

static int read_assigned(struct reader *reader, const char *value, struct err *err)
{
	struct issue_filter *filter = &reader->query->filter;
	int64_t account_id, team_id;
	int result;

	if (strcmp(value, "none") == 0) {
		filter->assigned = ISSUE_ASSIGNED_NO;
		return 0;
	}
	result = issue_assignee_find(reader->tx, filter->organization_id, value,
		reader->principal->user_id, "query", &account_id, &team_id, err);
	if (result < 0)
		return result;
	if (!account_id && !team_id)
		return err_field(err, "query", "\"assigned:\" needs a name.");
	filter->assigned = team_id ? ISSUE_ASSIGNED_TEAM : ISSUE_ASSIGNED_ACCOUNT;
	filter->assignee_id = team_id ? team_id : account_id;
	return 0;
}

/* The release of a version, or the latest one of the one project that is asked for. */
static int find_release(struct reader *reader, const char *value, int64_t *ret_id,
	struct err *err)
{
	const struct issue_filter *filter = &reader->query->filter;
	cleanup_release struct release release = {0};
	cleanup_release_place struct release_place latest = {0};
	bool is_latest = strcmp(value, "latest") == 0;
	int result;

	if (is_latest && (!filter->of_projects || filter->project_len != 1))
		return err_field(err, "query", "\"release:latest\" needs one project.");
	result = is_latest ? release_latest(reader->tx, filter->project_ids[0], &latest, err)
			   : release_find(reader->tx, filter->organization_id, value, &release,
				     err);
	if (result == 0)
		reader->query->impossible = true;
	*ret_id = is_latest ? latest.release_id : release.id;
	return result < 0 ? result : 0;
}

static int read_release(struct reader *reader, const char *value, struct err *err)
{
	return find_release(reader, value, &reader->query->filter.release_id, err);
}

static int read_first_release(struct reader *reader, const char *value, struct err *err)
{
	return find_release(reader, value, &reader->query->filter.first_release_id, err);
}

static int read_level(struct reader *reader, const char *value, struct err *err)
{
	reader->query->filter.level = issue_level_parse(value);
	return reader->query->filter.level ? 0 : err_field(err, "query", "\"level:%s\" is not "
		"known: use debug, info, warning, error or fatal.", value);
}

/* This project only, if it is among those that are asked for. */
static int read_project(struct reader *reader, const char *value, struct err *err)
{
	struct issue_query *query = reader->query;
	struct issue_filter *filter = &query->filter;
	cleanup_project struct project project = {0};
	bool asked = !filter->of_projects;

	if (access_project_find(reader->tx, reader->principal, value, &project, err) < 0)
		return err->code;
	for (size_t i = 0; i < filter->project_len; i++)
		asked = asked || filter->project_ids[i] == project.id;
	query->impossible = query->impossible || !asked;
	free(query->project_ids);
	query->project_ids = xcalloc(1, sizeof(*query->project_ids));
	query->project_ids[0] = project.id;
	filter->of_projects = true;
	filter->project_ids = query->project_ids;
	filter->project_len = 1;
	return 0;
}

static int no_time(const char *value, struct err *err)
{
	return err_field(err, "query", "\"%s\" is no time: use -24h (newer), +7d (older), or "
		">=2026-05-01.", value);
}

static int read_last_seen(struct reader *reader, const char *value, struct err *err)
{
	return issue_range_time(value, reader->query->now_us, &reader->query->filter.last_seen_us)
		? 0 : no_time(value, err);
}

static int read_first_seen(struct reader *reader, const char *value, struct err *err)
{
	return issue_range_time(value, reader->query->now_us, &reader->query->filter.first_seen_us)
		? 0 : no_time(value, err);
}

static int read_times_seen(struct reader *reader, const char *value, struct err *err)
{
	return issue_range_number(value, &reader->query->filter.times_seen) ? 0
		: err_field(err, "query", "\"%s\" is no number: use 10, >10, >=10, <10 or <=10.",
			value);
}

static int read_issue(struct reader *reader, const char *value, struct err *err)
{
	char slug[SHORT_ID_SLUG_SIZE];
	int64_t number;

	if (!short_id_parse(value, slug, &number))
		return err_field(err, "query", "\"issue:%s\" is no short id.", value);
	free(reader->query->short_id);
	reader->query->short_id = xstrdup(value);
	return 0;
}

/* As Sentry spells them, and in snake_case. */
static const struct {
	const char *name;
	int (*read)(struct reader *reader, const char *value, struct err *err);
} keys[] = {
	{"is", read_is},
	{"!is", read_is_not},
	{"assigned", read_assigned},
	{"release", read_release},
	{"firstRelease", read_first_release},
	{"first_release", read_first_release},
	{"level", read_level},
	{"project", read_project},
	{"lastSeen", read_last_seen},
	{"last_seen", read_last_seen},
	{"firstSeen", read_first_seen},
	{"first_seen", read_first_seen},
	{"age", read_first_seen},
	{"timesSeen", read_times_seen},
	{"times_seen", read_times_seen},
	{"issue", read_issue},
};

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

static int read_term(struct reader *reader, const char *term, struct err *err)
{
	size_t size = strcspn(term, ":");

	for (size_t i = 0; term[size] && i < lengthof(keys); i++)
		if (strlen(keys[i].name) == size && memcmp(keys[i].name, term, size) == 0)
			return keys[i].read(reader, term + size + 1, err);
	if (has_key(term))
		return err_field(err, "query", "\"%s\" is not known: search by is:, assigned:, "
			"release:, firstRelease:, level:, project:, lastSeen:, firstSeen:, "
			"timesSeen:, a short id, or words of the title (in quotes, if they hold a "
			"colon).", term);
	read_words(term, reader->query);
	return 0;
}

int issue_query_read(struct tx *tx, const char *text, const struct principal *principal,
	struct issue_query *query, struct err *err)
{
	cleanup_buf struct buf term = BUF(ISSUE_QUERY_MAX);
	struct reader reader = {tx, principal, query, 0};
	struct issue_filter *filter = &query->filter;
	int result;

	filter->last_seen_us = filter->first_seen_us = filter->times_seen = ISSUE_RANGE_ANY;
	if (strlen(text) > ISSUE_QUERY_MAX)
		return err_field(err, "query", "A query has at most %d bytes.", ISSUE_QUERY_MAX);
	while ((result = next_term(&text, &term, err)) == 1) {
		result = read_term(&reader, buf_text(&term), err);
		if (result < 0)
			return result;
	}
	if (filter->statuses == 0)
		filter->statuses = ALL_STATUSES;
	filter->statuses &= ~reader.excluded;
	filter->text = query->text;
	return result;
}

void issue_query_clear(struct issue_query *query)
{
	free(query->text);
	free(query->project_ids);
	free(query->short_id);
	*query = (struct issue_query){0};
}
