#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example plugin is built from a copy of what `make install` installs, with nothing
# else: no source tree, no build tree.
if grep -q '^#define MORTISE_SANITIZED 1' "$builddir/config.h"; then
	echo "1..0 # SKIP a plugin from outside lacks the runtime of a sanitizer"
	exit 0
fi
echo 1..4
unset MAKEFLAGS MFLAGS MAKELEVEL
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
root=$place/root

# say NUMBER TEXT, after a command whose output is in the log
say ()
{
	if [ "$?" -eq 0 ]; then
		echo "ok $1 - $2"
	else
		sed 's/^/# /' "$place/log"
		echo "not ok $1 - $2"
	fi
}

find_installed () { find "$root" -name "$1" -type f; }

make -C "$builddir" install DESTDIR="$root" >"$place/log" 2>&1
say 1 "Mortise is installed"
PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_PATH=$(dirname "$(find_installed mortise-plugin.pc)")
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH
cp -r "$(pkg-config --variable=exampledir mortise-plugin)" "$place/mine" 2>"$place/log"
chmod -R u+w "$place/mine"
cd "$place/mine" && make CFLAGS="-O2 -g -Wall -Wextra -Wshadow -Werror" >"$place/log" 2>&1
say 2 "the example builds with what was installed"
nm -D --defined-only example.so 2>&1 | awk '{ print $3 }' >"$place/log"
[ "$(cat "$place/log")" = mortise_plugin ]
say 3 "it exports mortise_plugin and nothing else"
make check MORTISE_CHECK="$(find_installed mortise-check) --host $(find_installed mortise-host)" \
	>"$place/log" 2>&1
say 4 "mortise-check finds nothing wrong with it"
