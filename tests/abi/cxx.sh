#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The public header is C++20 too, and a plugin can be written in it.
echo 1..1
: "${CXX:=c++}"
if ! command -v "$CXX" >/dev/null; then
	echo "ok 1 - header compiles as C++20 # SKIP no $CXX"
	exit 0
fi
if "$CXX" -std=c++20 -pedantic -Wall -Wextra -Wno-missing-field-initializers -Werror -fsyntax-only \
	-I "$srcdir/include" "$srcdir/tests/abi/plugin.cc" 2>&1 | sed 's/^/# /' | grep .; then
	echo "not ok 1 - header compiles as C++20"
else
	echo "ok 1 - header compiles as C++20"
fi
