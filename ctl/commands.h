/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The commands of mortisectl: one table that drives the parser, the help and what is
 * printed.  docs/man/mortisectl.1 follows it; a test compares the two.
 */
#ifndef MORTISE_CTL_COMMANDS_H
#define MORTISE_CTL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define CTL_MAX_ARGUMENTS 8

enum ctl_kind {
	CTL_TEXT,
	CTL_INTEGER,
	CTL_LIST,      /* may be given several times */
	CTL_DAYS,      /* "30" or "30d" */
};

struct ctl_argument {
	const char *name;      /* "--org"; without dashes: a positional, "SLUG" */
	const char *value;     /* what stands for an option's value in the help */
	const char *parameter; /* of the method; NULL: the command's own */
	enum ctl_kind kind;
	bool required;
};

enum ctl_output {
	CTL_NOTHING,
	CTL_FIELD,     /* the result's member 'member', and nothing else */
	CTL_TABLE,     /* of the objects in the list 'member', with 'columns' */
	CTL_OBJECT,    /* the members of the object 'member' (NULL: the result), one a line */
	CTL_BACKUP,    /* parts of a file */
	CTL_RECORD,    /* calls, one a line of a file */
	CTL_IMPORT,    /* lines of a file go there; the result is as CTL_OBJECT */
};

struct ctl_command {
	const char *words;     /* "org create" */
	const char *method;    /* "OrgCreate" */
	struct ctl_argument arguments[CTL_MAX_ARGUMENTS];
	enum ctl_output output;
	const char *member;
	const char *columns;   /* separated by spaces */
	const char *help;
	bool may_hang_up;      /* the daemon may end before it answers */
};

/* Ends with NULL words. */
extern const struct ctl_command ctl_commands[];

/* Parsed: which command with which parameters. */
struct ctl_call {
	const struct ctl_command *command;
	json_t *parameters;    /* owned */
	const char *file;      /* of `backup`; borrowed from the arguments */
};

/* Parse the words after the global options.  0, or -1 with a text in '*ret_reason'
 * (the caller frees it). */
int ctl_parse(int argc, char *const *argv, struct ctl_call *ret_call, char **ret_reason);
void ctl_call_clear(struct ctl_call *call);
/* "org create SLUG [--name N]"; the caller frees it. */
char *ctl_synopsis(const struct ctl_command *command);

#endif
