# SPDX-License-Identifier: Apache-2.0
# Read by tools/check and tools/quickstart: install what is missing.

# packages_missing SECTION…: the packages of these sections of tools/packages.txt
# that are neither installed nor stood for by a command.
packages_missing ()
{
	awk -v sections=" $* " '
		/^# [a-z]+:/ { section = $2; sub(":", "", section); next }
		/^#/ || NF == 0 { next }
		index(sections, " " section " ") { print $1, $2 }' "$top/tools/packages.txt" |
	while read -r package command; do
		if [ -n "$command" ]; then
			command -v "$command" >/dev/null 2>&1 && continue
		fi
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
			echo "$package"
	done
}

# packages_install SECTION…: install them, as root or with sudo.
packages_install ()
{
	local missing sudo=

	command -v dpkg-query >/dev/null 2>&1 || {
		echo "this is not Debian: see tools/packages.txt for what is needed" >&2
		return 0
	}
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || {
			echo "missing packages, and neither root nor sudo:" $missing >&2
			return 1
		}
		sudo=sudo
	fi
	echo "installing:" $missing
	$sudo apt-get update -qq >/dev/null || return 1
	# shellcheck disable=SC2086 -- one word per package
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $missing >/dev/null
}

# npm_install: the tests' node packages, as package-lock.json says.
npm_install ()
{
	local stamp="$top/node_modules/.installed"

	if [ -f "$stamp" ] && [ ! "$top/package-lock.json" -nt "$stamp" ]; then
		return 0
	fi
	(cd "$top" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) &&
		touch "$stamp"
}
