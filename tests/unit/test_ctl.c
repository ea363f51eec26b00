/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "ctl/backup.h"
#include "ctl/commands.h"
#include "ctl/print.h"

#define MAX_WORDS 12

static void command_lines_become_calls_or_usage(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		const char *method;    /* NULL: refused */
		const char *result;    /* the parameters, or a part of the reason */
	} cases[] = {
		{{"status"}, "Status", "{}"},
		{{"org", "create", "acme"}, "OrgCreate", "{\"slug\":\"acme\"}"},
		{{"org", "create", "--name", "A B", "acme"}, "OrgCreate",
			"{\"name\":\"A B\",\"slug\":\"acme\"}"},
		{{"org", "create", "--name=A", "acme"}, "OrgCreate",
			"{\"name\":\"A\",\"slug\":\"acme\"}"},
		{{"org", "create", "--", "--x"}, "OrgCreate", "{\"slug\":\"--x\"}"},
		{{"token", "create", "--org", "a", "--scope", "x", "--scope", "y", "--expires",
			"30d"}, "TokenCreate",
			"{\"org\":\"a\",\"scopes\":[\"x\",\"y\"],\"expires_days\":30}"},
		{{"team", "add-member", "t", "m@x", "--org", "a"}, "TeamAddMember",
			"{\"team\":\"t\",\"email\":\"m@x\",\"org\":\"a\"}"},
		{{"job", "list", "--limit", "5"}, "JobList", "{\"limit\":5}"},
		{{"backup", "/x"}, "Backup", "{}"},
		{{NULL}, NULL, "which command"},
		{{"org"}, NULL, "\"org\" needs one of: create, list"},
		{{"orgs"}, NULL, "no command \"orgs\""},
		{{"org", "destroy"}, NULL, "no command \"org destroy\"; \"org\" knows: create, list"},
		{{"org", "create"}, NULL, "needs SLUG"},
		{{"org", "create", "a", "b"}, NULL, "does not take \"b\""},
		{{"org", "create", "a", "--role", "x"}, NULL, "no option --role"},
		{{"org", "create", "a", "--name"}, NULL, "--name needs a value"},
		{{"org", "create", "a", "--name", "b", "--name", "c"}, NULL, "given twice"},
		{{"org", "create", "\xff"}, NULL, "not UTF-8"},
		{{"token", "create", "--org", "a"}, NULL, "needs --scope"},
		{{"token", "create", "--org", "a", "--scope", "x", "--expires", "-1"}, NULL,
			"no number above 0"},
		{{"job", "list", "--limit", "5d"}, NULL, "no number above 0"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *reason = NULL, *parameters = NULL;
		char *words[MAX_WORDS];
		struct ctl_call call;
		int argc = 0, result;

		for (; cases[i].words[argc]; argc++)
			words[argc] = xstrdup(cases[i].words[argc]);
		result = ctl_parse(argc, words, &call, &reason);
		if ((result == 0) != (cases[i].method != NULL))
			fail_msg("case %zu: %s", i, reason ? reason : "taken");
		if (result == 0) {
			parameters = json_dumps(call.parameters, JSON_COMPACT);
			assert_string_equal(call.command->method, cases[i].method);
			assert_string_equal(parameters, cases[i].result);
			ctl_call_clear(&call);
		} else if (!strstr(reason, cases[i].result)) {
			fail_msg("case %zu: %s", i, reason);
		}
		while (argc > 0)
			free(words[--argc]);
	}
}

static void results_are_printed_for_people(void **state)
{
	static const struct {
		struct ctl_command command;
		const char *result, *text;
	} cases[] = {
		{{.output = CTL_FIELD, .member = "token"}, "{\"id\":\"1\",\"token\":\"mrt_x\"}",
			"mrt_x\n"},
		{{.output = CTL_NOTHING}, "{}", ""},
		{{.output = CTL_TABLE, .member = "l", .columns = "id ends_with list"},
			"{\"l\":[{\"id\":\"12345\",\"ends_with\":\"\xc3\xa9\",\"list\":[\"a\",1]},"
			"{\"id\":\"6\",\"ends_with\":null,\"list\":[]}]}",
			"ID     ENDS WITH  LIST\n12345  \xc3\xa9          a,1\n6      -          -\n"},
		{{.output = CTL_TABLE, .member = "l", .columns = "id"}, "{\"l\":[]}", "ID\n"},
		{{.output = CTL_OBJECT, .member = "o"},
			"{\"o\":{\"a\":1,\"long\":true,\"in\":{\"b\":\"c\"},"
			"\"list\":[{\"d\":1.5},{\"d\":null}],\"flat\":[\"x\"]}}",
			"a:    1\nlong: yes\nin:\n  b: c\nlist:\n  d: 1.5\n\n  d: -\nflat: x\n"},
		/* What a stranger named must not move the cursor. */
		{{.output = CTL_TABLE, .member = "l", .columns = "n"},
			"{\"l\":[{\"n\":\"a\\u001b[31m\\nb\xc2\x9b\"}]}", "N\na?[31m?b?\n"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *result = json_loads(cases[i].result, 0, NULL);
		cleanup_free char *text = NULL;

		assert_non_null(result);
		text = print_result(&cases[i].command, result);
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("case %zu:\n%s", i, text);
	}
}

static void a_backup_appears_only_when_it_is_whole(void **state)
{
	char folder[] = "/tmp/mortise-test-XXXXXX";
	cleanup_free char *path = NULL, *part_path = NULL;
	cleanup_json json_t *part = json_pack("{s:s}", "data", "aGVsbG8="),
			    *bad = json_pack("{s:s}", "data", "a*==");
	cleanup_err struct err err = {0};
	struct backup backup = {.fd = -1};
	struct stat about;
	char text[16] = "";
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/copy.db", folder);
	part_path = xasprintf("%s.part", path);
	assert_int_equal(backup_open(path, &backup, &err), 0);
	assert_int_equal(backup_add(&backup, part, &err), 0);
	assert_int_equal(backup_add(&backup, bad, &err), MORTISE_E_INTERNAL);
	backup_close(&backup);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(part_path, F_OK), -1);

	err_clear(&err);
	assert_int_equal(backup_open(path, &backup, &err), 0);
	assert_int_equal(backup_add(&backup, part, &err), 0);
	assert_int_equal(backup_finish(&backup, &err), 0);
	backup_close(&backup);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	file = fopen(path, "r");
	assert_int_equal(fread(text, 1, sizeof(text), file), 5);
	assert_string_equal(text, "hello");
	fclose(file);
	assert_true(backup_open(path, &backup, &err) < 0);
	unlink(path);
	rmdir(folder);
}

/* The page is written by hand; the table is what runs. */
static void the_man_page_has_every_command(void **state)
{
	cleanup_free char *path = xasprintf("%s/docs/man/mortisectl.1", getenv("srcdir"));
	cleanup_free char *page = xcalloc(1, 65536);
	FILE *file = fopen(path, "r");

	(void)state;
	assert_non_null(file);
	assert_true(fread(page, 1, 65535, file) > 0);
	fclose(file);
	for (const struct ctl_command *command = ctl_commands; command->words; command++) {
		cleanup_free char *item = xasprintf(".It Cm %s", command->words);
		char *at = strstr(page, item), *end;

		if (!at)
			fail_msg("docs/man/mortisectl.1 lacks \"%s\"", item);
		end = strstr(at + 1, "\n.It Cm ");
		if (end)
			*end = '\0';
		for (size_t i = 0; i < CTL_MAX_ARGUMENTS && command->arguments[i].name; i++) {
			const char *name = command->arguments[i].name;
			cleanup_free char *macro = *name == '-' ? xasprintf("Fl %s", name + 1) :
				xasprintf("Ar %s", name);

			for (char *c = macro + 3; *name != '-' && *c; c++)
				*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
			if (!strstr(at, macro))
				fail_msg("docs/man/mortisectl.1: \"%s\" lacks \"%s\"",
					command->words, macro);
		}
		if (end)
			*end = '\n';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_become_calls_or_usage),
		cmocka_unit_test(results_are_printed_for_people),
		cmocka_unit_test(a_backup_appears_only_when_it_is_whole),
		cmocka_unit_test(the_man_page_has_every_command),
	};

	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
