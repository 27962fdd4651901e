# shellcheck shell=bash
# What ./dev needs of Debian and of npm: which of it is missing, and its installation.
# SPDX-License-Identifier: Apache-2.0

# A Debian package a line, and what shows that it, or something as good, is there: a command or a file.
packages_to_build=$(<"$top/packaging/packages/build.txt")$'\n'
packages_to_test=$(<"$top/packaging/packages/test.txt")$'\n'
packages_to_deb=$(<"$top/packaging/packages/deb.txt")$'\n'
packages_to_fuzz=$(<"$top/packaging/packages/fuzz.txt")$'\n'
packages_to_bench=$(<"$top/packaging/packages/bench.txt")$'\n'

# Sets `missing` to the packages, of a list like those above, whose command or file is not there.
find_missing() {
	local package probe
	missing=()
	while read -r package probe; do
		case $probe in
		'') continue ;;
		/*) [ -e "$probe" ] && continue ;;
		*) PATH=$tool_path command -v "$probe" >/dev/null && continue ;;
		esac
		missing+=("$package")
	done <<<"$1"
}

need_packages() {
	local as_root=() log
	find_missing "$1"
	[ ${#missing[@]} -gt 0 ] || return 0

	PATH=$tool_path command -v apt-get >/dev/null ||
		die "missing: ${missing[*]} (names of Debian 12; there is no apt-get here to install them with)"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "missing: ${missing[*]}. Neither root nor sudo is at hand; as root, run: apt-get install ${missing[*]}"
		as_root=(sudo)
		# Nobody can type a password without a terminal.
		[ -t 0 ] || as_root+=(-n)
	fi
	say "installing Debian packages: ${missing[*]}"
	log=$(mktemp)
	# An outdated index may still do, so the update may fail; what it said is shown if the installation fails too.
	as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
	"${as_root[@]}" update >"$log" 2>&1 || true
	if ! "${as_root[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "apt-get could not install ${missing[*]}; the end of what it said is above, all of it is in $log"
	fi
	rm -f "$log"
	find_missing "$1"
	[ ${#missing[@]} -eq 0 ] || die "installed, but still not to be found: ${missing[*]}"
}

# Sets `npm_folder` to where the packages of tests/formats/package.json are, in a cache that outlives the build.
need_npm_packages() {
	local source=$top/tests/formats log fresh
	npm_folder=${XDG_CACHE_HOME:-$HOME/.cache}/socksan/npm-$(sha256sum <"$source/package-lock.json" | cut -c1-16)
	[ ! -d "$npm_folder/node_modules" ] || return 0
	say "installing npm packages into $npm_folder"
	mkdir -p "${npm_folder%/*}"
	fresh=$(mktemp -d "$npm_folder.XXXXXX")
	log=$(mktemp)
	cp "$source/package.json" "$source/package-lock.json" "$fresh"
	if ! (cd "$fresh" && PATH=$tool_path npm ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund) >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "npm could not install the packages of tests/formats/package.json; the end of what it said is above"
	fi
	rm -f "$log"
	# Another run may have been faster.
	mv -T "$fresh" "$npm_folder" 2>/dev/null || rm -rf "$fresh"
	[ -d "$npm_folder/node_modules" ] || die "cannot make $npm_folder"
}
