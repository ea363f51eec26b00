# SPDX-License-Identifier: Apache-2.0
# Turns migration files, in the order given, into a C table of their texts.

BEGIN {
	print "/* Made from migrations/ by migrations.awk. */"
	print "#include \"config.h\""
	print "#include \"core/storage/migrate.h\""
	print "const struct migration migrations[] = {"
}

FNR == 1 {
	if (NR > 1)
		print "},"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.sql$/, "", name)
	printf "{\"%s\",\n", name
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	printf "\"%s\\n\"\n", $0
}

END {
	print "},"
	print "{0, 0}};"
}
