/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The forms of an issue: what Jira says that an issue can be created with (its create
 * metadata), as fields of ours, and what was filled in, as Jira wants it.
 */
#ifndef MORTISE_PLUGINS_JIRA_FORM_H
#define MORTISE_PLUGINS_JIRA_FORM_H

#include "jira.h"

/* What happens to the value of a field on its way to Jira. */
enum transform {
	AS_IS,
	AS_TEXT,                   /* prose, in the flavor's own form */
	AS_LABELS,                 /* "a, b" → ["a","b"] */
	AS_USER,
	AS_ID,                     /* {"id": v} */
	AS_VALUE,                  /* {"value": v} */
	AS_KEY,                    /* {"key": v} */
	AS_NUMBER,
};

/* A row applies where all that it names is so; the first that does counts. */
struct transform_rule {
	const char *system;        /* key of the field */
	const char *custom;        /* its custom type */
	const char *type;          /* of the value, or of each item of a list */
	enum transform transform;
	bool bare;                 /* one value, though the schema says that it is a list */
	bool lenient;              /* what is no number goes as it is */
	bool whole;                /* a number must be an integer */
};

/* What the forms of one flavor have of their own; 'transforms' end with an empty row. */
struct form_rules {
	const char *types, *fields;/* the lists in pages of create metadata */
	bool searches_projects;    /* there may be more than the first page: they are searched */
	bool probes_projects;      /* the next project is tried if nothing can be made in one */
	bool knows_teams;
	bool comments_links;       /* the link form has a comment */
	bool keeps_description;    /* it must come with the form, and is sent even if empty */
	int32_t bad_sprint;        /* what a sprint is that is no number */
	char *(*propose)(const char *markdown);   /* a text that a form proposes; a new string */
	const struct transform_rule *transforms;
	enum transform otherwise;
};
extern const struct form_rules cloud_form_rules, server_form_rules;

#define CUSTOM_TYPES "com.atlassian.jira.plugin.system.customfieldtypes:"
#define CUSTOM_SELECT CUSTOM_TYPES "select"
#define CUSTOM_TEXTAREA CUSTOM_TYPES "textarea"
#define CUSTOM_SPRINT "com.pyxis.greenhopper.jira:gh-sprint"
#define CUSTOM_EPIC_LINK "com.pyxis.greenhopper.jira:gh-epic-link"
#define CUSTOM_RANK "com.pyxis.greenhopper.jira:gh-lexo-rank"
#define CUSTOM_TEMPO "com.tempoplugin.tempo-accounts:accounts.customfield"

/* ---- project.c ---- */

/* The projects to choose from: all, or the first page and those of 'wanted' (ids as texts,
 * or NULL) that it lacks. */
int32_t jira_projects(struct mortise_call *call, const struct flavor *flavor,
	const json_t *wanted, json_t **ret_projects);
/* Those that Jira finds for a text. */
int32_t jira_projects_search(struct mortise_call *call, const struct flavor *flavor,
	const char *text, json_t **ret_projects);
/* The one of this id, or NULL. */
json_t *jira_project_find(const json_t *projects, const char *id);
/* "APP - Store front"; a new string. */
char *jira_project_label(const json_t *project);

/* ---- fields.c: create metadata ---- */

/* [{"id", "name"}, …] */
int32_t jira_issue_types(struct mortise_call *call, const struct flavor *flavor,
	const char *project, json_t **ret_types);
/* What an issue of this type can be created with. */
int32_t jira_metadata_fields(struct mortise_call *call, const struct flavor *flavor,
	const char *project, const char *type, json_t **ret_fields);
/* The key of one of them, NULL if it has none that we can use. */
const char *jira_field_key(const json_t *field);
/* What its schema says, "" if nothing. */
const char *jira_field_schema(const json_t *field, const char *member);
/* It as a field of our form, at most 'choices_max' choices; NULL: it has none. */
json_t *jira_field_form(const json_t *field, const struct form_rules *rules,
	size_t choices_max);
#define JIRA_ONLY_FIRST "Only the first %zu choices are shown."
/* [[id, name], …] of a list of Jira's. */
json_t *jira_choices(const json_t *values, size_t max);

/* ---- form.c ---- */

/* "Dana Lee - dana@corp.example (dlee)"; a new string. */
char *jira_user_label(const json_t *user);

#endif
