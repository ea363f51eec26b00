#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mortise-check over each plugin of this tree, with the calls in its testdata/.
set -- "$builddir"/plugins/*/.libs/*.so
echo "1..$#"
number=0
for plugin in "$@"; do
	number=$((number + 1))
	name=$(basename "$plugin" .so)
	files=$(find "$srcdir/plugins/$name/testdata" -name '*.json' | sort)
	# shellcheck disable=SC2086 # names of ours, without spaces
	if [ -n "$files" ] && "$builddir/mortise-check" --host "$builddir/mortise-host" --threads 4 --repeat 20 "$plugin" \
		$files >"$name.check" 2>&1; then
		result=ok
	else
		result='not ok'
	fi
	[ -n "$files" ] || echo "no calls in plugins/$name/testdata" >"$name.check"
	sed 's/^/# /' "$name.check"
	rm -f "$name.check"
	echo "$result $number - $name"
done
