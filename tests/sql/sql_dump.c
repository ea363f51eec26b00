/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Print what tools/check-sql prepares on both engines: first the migrations, each line
 * "migration", then every statement as "NAME<tab>TEXT".  The core is linked whole, so
 * that no statement is left out.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/storage/migrate.h"
#include "core/storage/tx.h"

extern const struct sql __start_mortise_sql[];
extern const struct sql __stop_mortise_sql[];

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "migrations") == 0) {
		for (const struct migration *migration = migrations; migration->name; migration++)
			fputs(migration->text, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "statements") == 0) {
		for (const struct sql *sql = __start_mortise_sql; sql < __stop_mortise_sql; sql++)
			printf("%s\t%s\n", sql->name, sql->text);
		return 0;
	}
	fprintf(stderr, "usage: sql_dump migrations|statements\n");
	return 2;
}
