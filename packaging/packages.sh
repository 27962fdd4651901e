# shellcheck shell=bash
# ./dev packages: what teams add to their test runners, as the package managers of these take it.
# SPDX-License-Identifier: Apache-2.0

packages_version() {
	sed -n 's/^#define SOCKSAN_VERSION "\(.*\)"/\1/p' "$top/shim/model/version.h"
}

# The wheel for pytest and the tarball for Node.js; neither needs a network nor a build of SockSan.
cmd_packages() {
	local output=.
	while [ $# -gt 0 ]; do
		case $1 in
		--output=?*) output=${1#--output=} ;;
		*) die "packages: unknown argument '$1'; usage: ./dev packages [--output=DIR]" ;;
		esac
		shift
	done
	[[ -d $output && -w $output ]] || die "packages: $output is no folder that $(id -un) can write to"
	need_packages "$(grep -E '^python3 ' <<<"$packages_to_build")"
	say "made $(/usr/bin/python3 "$top/packaging/wheel.py" "$top/packaging/pytest-socksan" "$(packages_version)" "$output")"
}
