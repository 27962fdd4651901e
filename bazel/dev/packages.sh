# shellcheck shell=bash
# What ./dev needs of Debian and of npm: which of it is missing, and its installation.
# SPDX-License-Identifier: Apache-2.0

# A Debian package a line, what shows that it, or something as good, is there (a command, or a file by a pattern), and for some what
# it is for. The names are those of Debian 12 and 13.
packages_to_build=$(<"$top/packaging/packages/build.txt")$'\n'
packages_to_test=$(<"$top/packaging/packages/test.txt")$'\n'
packages_to_deb=$(<"$top/packaging/packages/deb.txt")$'\n'
packages_to_tarball=$(<"$top/packaging/packages/tarball.txt")$'\n'
packages_to_fuzz=$(<"$top/packaging/packages/fuzz.txt")$'\n'
packages_to_bench=$(<"$top/packaging/packages/bench.txt")$'\n'

# Sets `missing` to the packages, of a list like those above, whose command or file is not there, and `uses` to what they are for.
find_missing() {
	local package probe use
	missing=()
	uses=()
	while read -r package probe use; do
		case $probe in
		'') continue ;;
		/*) compgen -G "$probe" >/dev/null && continue ;;
		*) PATH=$tool_path command -v "$probe" >/dev/null && continue ;;
		esac
		missing+=("$package")
		uses+=("$use")
	done <<<"$1"
}

# What apt expects to download and to use, as it knows before it changes anything; empty if its lists are too old.
apt_size() {
	LC_ALL=C apt-get -o Debug::NoLocking=1 --assume-no --no-install-recommends install "$@" 2>/dev/null |
		sed -n 's/^Need to get \(.*\) of archives\.$/: \1 to download/p
			s/^After this operation, \(.*\) of additional disk space will be used\.$/, \1 on disk/p' | tr -d '\n' || true
}

# Somebody who is there is asked before the system is changed; a CI job is not.
ask_to_install() {
	local answer
	[[ -t 0 && -t 2 && -z ${CI-} ]] || return 0
	printf 'dev: install them with apt-get%s? [Y/n] ' "$(apt_size "${missing[@]}")" >&2
	read -r answer || answer=no
	[[ ${answer,,} =~ ^(|y|yes)$ ]] || die "nothing was installed; to do it yourself, as root: apt-get install ${missing[*]}"
}

# need_packages PURPOSE LIST: what is missing of a list is named, with the purpose, and installed.
need_packages() {
	local as_root=() log i
	find_missing "$2"
	[ ${#missing[@]} -gt 0 ] || return 0

	PATH=$tool_path command -v apt-get >/dev/null ||
		die "missing to $1: ${missing[*]} (names of Debian packages; there is no apt-get here to install them with)"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "missing to $1: ${missing[*]}. Neither root nor sudo is at hand; as root, run: apt-get install ${missing[*]}"
		as_root=(sudo)
		# Nobody can type a password without a terminal.
		[ -t 0 ] || as_root+=(-n)
	fi
	say "missing Debian packages, needed to $1:"
	for i in "${!missing[@]}"; do
		printf '  %-20s %s\n' "${missing[i]}" "${uses[i]}" | sed 's/ *$//' >&2
	done
	ask_to_install
	say "installing Debian packages: ${missing[*]}"
	as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300)
	# An outdated index may still do, so the update may fail.
	if [ -t 2 ]; then
		# apt shows its progress there.
		"${as_root[@]}" update >&2 || true
		"${as_root[@]}" install --no-install-recommends "${missing[@]}" >&2 || die "apt-get could not install ${missing[*]}, see above"
	else
		log=$(mktemp)
		"${as_root[@]}" -q update >"$log" 2>&1 || true
		if ! "${as_root[@]}" -q install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
			tail -n 30 "$log" >&2
			die "apt-get could not install ${missing[*]}; the end of what it said is above, all of it is in $log"
		fi
		rm -f "$log"
	fi
	find_missing "$2"
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
