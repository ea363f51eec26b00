/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/provider/registration.h"

static char dir[] = "/tmp/mortise-test-XXXXXX";
static char *file, *fragment;

static int make_dir(void **state)
{
	char *conf_d;

	(void)state;
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/mortise.conf", dir);
	conf_d = xasprintf("%s/conf.d", dir);
	mkdir(conf_d, 0700);
	fragment = xasprintf("%s/10-more.conf", conf_d);
	free(conf_d);
	return 0;
}

static int remove_dir(void **state)
{
	char *conf_d = xasprintf("%s/conf.d", dir);

	(void)state;
	unlink(file);
	unlink(fragment);
	rmdir(conf_d);
	rmdir(dir);
	free(conf_d);
	free(file);
	free(fragment);
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct settings *settings;
	cleanup_err struct err err = {0};

	(void)state;
	put(file, "");
	assert_int_equal(settings_load(file, &settings, &err), 0);
	assert_string_equal(settings->public_url, "http://127.0.0.1:8300");
	assert_string_equal(settings->listen[0], "127.0.0.1:8300");
	assert_null(settings->listen[1]);
	assert_null(settings->plugins[0]);
	assert_int_equal(settings->egress_timeout, 30);
	assert_int_equal(settings->log_level, MORTISE_LOG_INFO);
	settings_free(settings);
}

static void values_are_taken_and_fragments_override(void **state)
{
	struct settings *settings;
	cleanup_err struct err err = {0};
	cleanup_free char *app_id = NULL, *none = NULL;

	(void)state;
	put(file, "public_url = \"https://m.example/path/\";\n"
		  "egress = { allow = ( \"127.0.0.2/32\", { provider = \"github\"; host = \"h\"; "
		  "port = 80; } ); };\n"
		  "providers = { github = { app_id = 12345; }; };\n"
		  "retention = { jobs = 3; };\nlog = { level = \"debug\"; format = \"json\"; };\n");
	assert_int_equal(settings_load(file, &settings, &err), 0);
	assert_string_equal(settings->public_url, "https://m.example/path");
	assert_int_equal(settings->egress_allow_len, 2);
	assert_string_equal(settings->egress_allow[0].cidr, "127.0.0.2/32");
	assert_int_equal(settings->egress_allow[1].port, 80);
	assert_int_equal(settings->retention_jobs, 3);
	assert_int_equal(settings->log_format, LOG_JSON);
	app_id = settings_provider_text(settings, "github", "app_id");
	assert_string_equal(app_id, "12345");
	none = settings_provider_text(settings, "jira", "x");
	assert_null(none);
	settings_free(settings);

	put(fragment, "retention = { jobs = 9; };\n");
	assert_int_equal(settings_load(file, &settings, &err), 0);
	assert_int_equal(settings->retention_jobs, 9);
	settings_free(settings);
	unlink(fragment);
}

static void mistakes_name_file_line_and_key(void **state)
{
	static const struct {
		const char *text, *wants;
	} cases[] = {
		{"\nlisten = \"x\";", "mortise.conf:2: listen: must be a list"},
		{"colour = 1;", "mortise.conf:1: colour: no such key"},
		{"log = {\n level = \"loud\"; };", "mortise.conf:2: log.level: must be"},
		{"log = { volume = 1; };", "log.volume: no such key"},
		{"egress = { timeout = 0; };", "egress.timeout: must be from 1 to 600"},
		{"egress = { timeout = \"5\"; };", "egress.timeout: must be a whole number"},
		{"egress = { allow = ( { host = \"h\"; } ); };", "egress.allow: an entry is"},
		{"egress = { allow = ( \"10.0.0.0/33\" ); };", "egress.allow: must be an address"},
		{"egress = { allow = ( \"10.0.0.1\",\n\"internal\" ); };",
			"mortise.conf:2: egress.allow: must be an address or network"},
		{"egress = { allow = ( { provider = \"a\"; host = \"http://h/\"; port = 1; } ); };",
			"egress.allow: host is a name"},
		{"egress = { proxy = \"proxy:3128\"; };", "egress.proxy: must begin with"},
		{"trusted_proxies = ( \"10.0.0.0/8\", \"proxy\" );", "trusted_proxies: must be an"},
		{"api = { origins = ( \"https://app.example.com/\" ); };", "api.origins: must be an"},
		{"api = { origins = ( \"app.example.com\" ); };", "api.origins: must be an origin"},
		{"api = { origins = ( \"https://App.example.com\" ); };", "api.origins: must be an"},
		{"api = { origins = ( \"https://*.example.com\" ); };", "api.origins: must be an"},
		{"listen = ( \"localhost:1\" );", "listen: must be ADDRESS:PORT"},
		{"metrics = { listen = \"9100\"; };", "metrics.listen: must be ADDRESS:PORT"},
		{"public_url = \"ftp://x\";", "public_url: must begin with"},
		{"public_url = ;", "mortise.conf:1: syntax error"},
		{"providers = 1;", "providers: must be a group"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct settings *settings = NULL;
		cleanup_err struct err err = {0};

		put(file, cases[i].text);
		assert_int_equal(settings_load(file, &settings, &err), MORTISE_E_SETTINGS);
		if (!strstr(err_text(&err), cases[i].wants))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static void a_provider_takes_only_its_own_settings(void **state)
{
	struct mortise_setting registered[] = {
		{sizeof(registered[0]), MORTISE_TYPE_TEXT, 0, "app_id", NULL, NULL},
		{sizeof(registered[0]), MORTISE_TYPE_TEXT, MORTISE_SETTING_SECRET, "key", NULL, NULL},
	};
	struct reg_provider provider = {.provider = {.key = "acme"}, .settings = registered,
		.setting_len = 2};
	static const struct {
		const char *text, *wants;
	} cases[] = {
		{"providers = { acme = { app_id = \"7\"; key_file = \"/k\"; }; };", NULL},
		{"providers = { acme = { app_id = 7; }; };", NULL},
		{"providers = { acme = { key = \"hunter2\"; }; };", "providers.acme.key: the provider"},
		{"providers = { acme = { app_id = true; }; };", "must be text"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct settings *settings;
		cleanup_err struct err err = {0};

		put(file, cases[i].text);
		assert_int_equal(settings_load(file, &settings, &err), 0);
		if ((settings_check_provider(settings, &provider, &err) == 0) != !cases[i].wants)
			fail_msg("case %zu: %s", i, err_text(&err));
		if (cases[i].wants && !strstr(err_text(&err), cases[i].wants))
			fail_msg("case %zu: %s", i, err_text(&err));
		settings_free(settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(values_are_taken_and_fragments_override),
		cmocka_unit_test(mistakes_name_file_line_and_key),
		cmocka_unit_test(a_provider_takes_only_its_own_settings),
	};

	return cmocka_run_group_tests_name("config_settings", tests, make_dir, remove_dir);
}
