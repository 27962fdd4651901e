# shellcheck shell=bash
# ./dev deb.
# SPDX-License-Identifier: Apache-2.0

# A Debian package of what is installed, as socksan_VERSION_ARCHITECTURE.deb.
cmd_deb() {
	local output tmp root version architecture maintainer when depends file
	read_output deb "$@"
	need_packages "build a Debian package" "$packages_to_deb"
	build

	umask 022
	tmp=$(mktemp -d)
	# shellcheck disable=SC2064 # as it is now
	trap "rm -rf '$tmp'" EXIT
	root=$tmp/debian/socksan # where dpkg-shlibdeps expects it
	install_into "$root/usr" lib/socksan vendor-completions
	version=$("$built/analyzer/socksan" --version | cut -d' ' -f2)
	architecture=$(dpkg --print-architecture)
	maintainer="${DEBFULLNAME:-SockSan developers} <${DEBEMAIL:-socksan@$(hostname -f 2>/dev/null || uname -n)}>"
	when=$(date -R -u -d "@$SOURCE_DATE_EPOCH")

	strip --strip-unneeded "$root/usr/bin/socksan" "$root"/usr/lib/socksan/*.so
	cat >"$root/usr/share/doc/socksan/changelog" <<-END
		socksan ($version) unstable; urgency=medium

		  * Version $version; README.md says what it does.

		 -- $maintainer  $when
	END
	cat >"$root/usr/share/doc/socksan/copyright" <<-END
		Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
		Upstream-Name: SockSan

		Files: *
		Copyright: $(date -u -d "$when" +%Y) The SockSan developers
		License: Apache-2.0
		 The full text of the Apache License, Version 2.0, is in
		 /usr/share/common-licenses/Apache-2.0 on Debian systems.
	END
	rm "$root/usr/share/doc/socksan/LICENSE"
	gzip -9n "$root/usr/share/doc/socksan/changelog" "$root"/usr/share/man/man?/socksan.?

	mkdir "$root/DEBIAN"
	printf 'Source: socksan\n\nPackage: socksan\nArchitecture: any\n' >"$tmp/debian/control"
	depends=$(cd "$tmp" && dpkg-shlibdeps -O debian/socksan/usr/bin/socksan debian/socksan/usr/lib/socksan/*.so)
	cat >"$root/DEBIAN/control" <<-END
		Package: socksan
		Version: $version
		Architecture: $architecture
		Maintainer: $maintainer
		Installed-Size: $(du -sk "$root/usr" | cut -f1)
		Depends: ${depends#shlibs:Depends=}
		Recommends: libcurl4
		Section: devel
		Priority: optional
		Description: sanitizer for the life cycles of sockets
		 SockSan finds what a running program does wrong with its sockets: sockets that
		 leak, are closed twice, used after close, closed under another thread, left to
		 a peer that is gone. It works on the binaries that are there, by a preloaded
		 library: no rebuild, no root, no ptrace.
	END
	(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
	find "$root" -type d -exec chmod 755 {} +
	find "$root" -exec touch -h -d "$when" {} +
	file=$output/socksan_${version}_$architecture.deb
	dpkg-deb --root-owner-group --build "$root" "$file" >/dev/null
	say "made $file"
}
