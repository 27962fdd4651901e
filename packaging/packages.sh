# shellcheck shell=bash
# ./dev packages: what teams add to their test runners, as the package managers of these take it.
# SPDX-License-Identifier: Apache-2.0

# npm_tarball FOLDER VERSION OUTPUT: prints its path.
npm_tarball() {
	local staged
	staged=$(mktemp -d)
	cp "$1"/* "$top/LICENSE" "$staged"
	sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$2\"/" "$staged/package.json"
	(cd "$staged" && PATH=$tool_path npm pack --offline --silent --cache "$staged/.npm" --pack-destination "$staged" >/dev/null)
	mv "$staged"/*.tgz "$3"
	echo "$3/${1##*/}-$2.tgz"
	rm -rf "$staged"
}

# The wheel for pytest and the tarball for Node.js; neither needs a network nor a build of SockSan.
cmd_packages() {
	local output version
	read_output packages "$@"
	need_packages "build the packages" "$(grep -E '^(python3|nodejs|npm) ' <<<"$packages_to_build$packages_to_test")"
	version=$(sed -n 's/^#define SOCKSAN_VERSION "\(.*\)"/\1/p' "$top/shim/model/version.h")
	say "made $(/usr/bin/python3 "$top/packaging/wheel.py" "$top/packaging/pytest-socksan" "$version" "$output")"
	say "made $(npm_tarball "$top/packaging/node-socksan" "$version" "$output")"
}
