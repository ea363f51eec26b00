# SPDX-License-Identifier: Apache-2.0
# Turns the description of the API into a C string.

BEGIN {
	print "/* Made from docs/api/openapi.json by description.awk. */"
	print "#include \"config.h\""
	print "#include \"core/api/description.h\""
	print "const char api_description[] ="
}

{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	printf "\"%s\\n\"\n", $0
}

END {
	print ";"
}
