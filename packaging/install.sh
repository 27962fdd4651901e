# shellcheck shell=bash
# ./dev install and uninstall, and what a package is made of.
# SPDX-License-Identifier: Apache-2.0

# What is installed: mode, file of the checkout or of a build, place below the prefix. $1 is the folder of the libraries, $2 that of
# functions for zsh, which differs between what Debian packages and what is installed by hand.
installed_files() {
	cat <<-END
		755 built/analyzer/socksan bin/socksan
		644 built/shim/libsocksan.so $1/libsocksan.so
		644 built/shim/libsocksan-inject.so $1/libsocksan-inject.so
		644 shim/api/socksan.h include/socksan.h
		644 packaging/gtest/socksan_gtest.h include/socksan_gtest.h
		644 packaging/ctest/SockSanConfig.cmake share/cmake/SockSan/SockSanConfig.cmake
		644 packaging/junit/socksan/SockSanExtension.java share/socksan/SockSanExtension.java
		644 packaging/rspec/socksan_rspec.rb share/socksan/socksan_rspec.rb
		644 shim/model/trace.schema.json share/socksan/trace.schema.json
		644 shim/model/open.schema.json share/socksan/open.schema.json
		644 analyzer/report/report.schema.json share/socksan/report.schema.json
		644 analyzer/report/snapshot.schema.json share/socksan/snapshot.schema.json
		644 analyzer/report/diff.schema.json share/socksan/diff.schema.json
		644 analyzer/report/doctor.schema.json share/socksan/doctor.schema.json
		644 docs/socksan.1 share/man/man1/socksan.1
		644 docs/socksan.7 share/man/man7/socksan.7
		644 docs/socksan.bash share/bash-completion/completions/socksan
		644 docs/socksan.zsh share/zsh/$2/_socksan
		644 docs/socksan.fish share/fish/vendor_completions.d/socksan.fish
		644 README.md share/doc/socksan/README.md
		644 LICENSE share/doc/socksan/LICENSE
	END
	# A manual page for each row of the table of commands, which `man socksan run` finds as socksan-run.
	sed -n 's|^\t{"\([a-z]*\)", cmd_.*|644 docs/socksan-\1.1 share/man/man1/socksan-\1.1|p' "$top/analyzer/cli/main.c"
	# The pages that README leads to, below it as in the checkout.
	(cd "$top" && find docs -type f | sort | sed 's|.*|644 & share/doc/socksan/&|')
}

# install_into FOLDER LIBRARY_FOLDER ZSH_FOLDER: what is built, and the documents that are made from its own words.
install_into() {
	local mode from to docs
	docs=$(mktemp -d)
	SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || stat -c %Y "$top/shim/model/version.h")}
	export SOURCE_DATE_EPOCH
	while read -r mode from to; do
		case $from in
		built/*) from=$built/${from#built/} ;;
		docs/socksan[.-]*)
			from=$docs/${from#docs/}
			/usr/bin/python3 "$top/analyzer/cli/docs.py" "$built/analyzer/socksan" "${from##*/}" >"$from"
			;;
		*) from=$top/$from ;;
		esac
		install -D -m "$mode" "$from" "$1/$to"
	done < <(installed_files "$2" "$3")
	rm -rf "$docs"
}

# Sets `output` from the arguments of command $1.
read_output() {
	local command=$1
	shift
	output=.
	while [ $# -gt 0 ]; do
		case $1 in
		--output=?*) output=${1#--output=} ;;
		*) die "$command: unknown argument '$1'; usage: ./dev $command [--output=DIR]" ;;
		esac
		shift
	done
	[[ -d $output && -w $output ]] || die "$command: $output is no folder that $(id -un) can write to"
}

# Sets `prefix` from the arguments of command $1.
read_prefix() {
	local command=$1
	shift
	prefix=/usr/local
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix=?*) prefix=${1#--prefix=} ;;
		--prefix)
			[ -n "${2-}" ] || die "$command: --prefix needs a folder"
			prefix=$2
			shift
			;;
		*) die "$command: unknown argument '$1'; usage: ./dev $command [--prefix=DIR]" ;;
		esac
		shift
	done
	[[ $prefix == /* ]] || prefix=$PWD/$prefix
}

cmd_install() {
	read_prefix install "$@"
	mkdir -p "$prefix" || true
	[ -w "$prefix" ] ||
		die "install: $(id -un) cannot write to $prefix; use sudo, or --prefix=DIR for another folder"
	build
	install_into "$prefix" lib site-functions
	say "installed $prefix/bin/socksan; ./dev uninstall --prefix=$prefix removes it"
}

cmd_uninstall() {
	local to
	read_prefix uninstall "$@"
	[ -e "$prefix/bin/socksan" ] || die "uninstall: there is no $prefix/bin/socksan"
	while read -r _ _ to; do
		rm -f "$prefix/$to" || die "uninstall: $(id -un) cannot write to $prefix; use sudo"
	done < <(installed_files lib site-functions)
	(cd "$prefix/share" && rmdir socksan doc/socksan/docs/examples doc/socksan/docs doc/socksan cmake/SockSan) 2>/dev/null || true
	say "removed SockSan from $prefix"
}
