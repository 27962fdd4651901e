# shellcheck shell=bash
# ./dev tarball.
# SPDX-License-Identifier: Apache-2.0

# libraries_of PROGRAM: a line NAME PATH for each shared library that it needs beside those of glibc.
libraries_of() {
	ldd "$1" | awk '$2 == "=>" && $3 ~ "^/" && $1 !~ "^(libc|libm|libdl|librt|libpthread)[.]so" { print $1, $3 }'
}

# package_of FILE: the Debian package that has it; packages may call /usr/lib by the link to it, /lib.
package_of() {
	{ dpkg-query -S "$1" "/usr$1" "${1#/usr}" 2>/dev/null || true; } | sed -n '1s/: .*//p'
}

# The libraries that socksan needs go beside its own, with their licenses, so that other machines need not have them.
bundle_libraries() {
	local root=$1 licenses=$1/share/doc/socksan/licenses name path package packages=()
	while read -r name path; do
		install -m 644 "$path" "$root/lib/socksan/$name"
		package=$(package_of "$path")
		[ -n "$package" ] || die "tarball: no Debian package has $path, so its license is not known"
		packages+=("$package")
	done < <(libraries_of "$root/bin/socksan")

	mkdir -p "$licenses"
	{
		echo "lib/socksan has copies of libraries of these Debian packages. 'apt-get source NAME=VERSION' gets their sources."
		dpkg-query -W -f '${binary:Package} ${Version}, source: ${source:Package}=${source:Version}\n' "${packages[@]}" | sort -u
	} >"$licenses/README"
	for package in "${packages[@]%:*}"; do
		cp "/usr/share/doc/$package/copyright" "$licenses/$package"
	done
	# By an RPATH, unlike by a RUNPATH, these libraries find each other too.
	patchelf --force-rpath --set-rpath "\$ORIGIN/../lib/socksan" "$root/bin/socksan"
}

# What is installed, and the libraries that it needs, as socksan-VERSION-linux-MACHINE.tar.gz.
cmd_tarball() {
	local output tmp name root
	read_output tarball "$@"
	need_packages "build a tarball" "$packages_to_tarball"
	build

	umask 022
	tmp=$(mktemp -d)
	# shellcheck disable=SC2064 # as it is now
	trap "rm -rf '$tmp'" EXIT
	name=socksan-$("$built/analyzer/socksan" --version | cut -d' ' -f2)-linux-$(uname -m)
	root=$tmp/$name
	install_into "$root" lib/socksan site-functions
	strip --strip-unneeded "$root/bin/socksan" "$root"/lib/socksan/*.so
	bundle_libraries "$root"
	tar -C "$tmp" --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w --mtime="@$SOURCE_DATE_EPOCH" -c "$name" |
		gzip -9n >"$output/$name.tar.gz"
	say "made $output/$name.tar.gz"
}
