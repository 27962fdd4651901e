#!/bin/bash
# fresh_debian.sh [--package | --tarball] [--suite=bookworm|trixie] [FOLDER]
# Proves that `./dev run` and `./dev test` are all the set-up there is: clones the checkout's HEAD into a new Debian (12 unless
# --suite names another) and runs both there. With --package: that the package of `./dev deb`, made here, installs, works and goes
# away there without a trace. With --tarball: that the tarball of `./dev tarball` works there with nothing installed.
# Packages come from where this machine's apt takes its own. Needs root, debootstrap and some minutes.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

suite=bookworm
top=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..")

die() {
	printf 'fresh: %s\n' "$*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || die "needs root, for debootstrap and chroot"
for tool in debootstrap git unshare; do
	command -v $tool >/dev/null || die "needs $tool: apt-get install $tool"
done

# A namespace of its own takes mounts and processes with it when it ends, however it ends.
if [ -z "${SOCKSAN_FRESH-}" ]; then
	SOCKSAN_FRESH=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

try=checkout
while [ $# -gt 0 ]; do
	case $1 in
	--package | --tarball) try=${1#--} ;;
	--suite=?*) suite=${1#--suite=} ;;
	-*) die "unknown argument '$1'" ;;
	*) break ;;
	esac
	shift
done
if [ $# -gt 0 ]; then
	mkdir -p "$1"
	parent=$1
else
	parent=${TMPDIR:-/tmp}
fi
root=$(mktemp -d "$(readlink -f "$parent")/socksan-fresh.XXXXXX")
chmod 755 "$root" # programs of other users run inside
trap 'umount -R "$root/proc" "$root/dev" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT

# The suites of Debian have the same mirrors.
here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
sources=$(apt-get indextargets --format "deb \$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' |
	sed -nE "s/ $here(-updates|-security)? / $suite\\1 /p" | sort -u)
mirror=$(awk -v suite="$suite" '$3 == suite { print $2; exit }' <<<"$sources")
[ -n "$mirror" ] || die "apt on this machine has no source for $here"

echo "fresh: debootstrap $suite below $root"
debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
	tail "$root.log" >&2
	die "debootstrap failed; all that it said is in $root.log"
}
rm -f "$root.log"

echo "$sources" >"$root/etc/apt/sources.list"
apt-config dump | grep -iE '^Acquire::https?::.*proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
# This machine may trust more than Debian does; npm has to be told.
cp --dereference /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

inside() {
	echo "fresh: $*"
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
		NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$@"
}

# expect STATUS TEXT COMMAND...: inside, that status, and that text among what it says.
expect() {
	local status=0 wanted=$1 text=$2
	shift 2
	inside "$@" >"$root/said" 2>&1 || status=$?
	if [ $status -ne "$wanted" ] || ! grep -qF -- "$text" "$root/said"; then
		cat "$root/said" >&2
		die "expected status $wanted and '$text', not status $status"
	fi
}

try_package() {
	local name file
	"$top/dev" deb --output="$root/root"
	name=$(cd "$root/root" && echo socksan_*.deb)
	inside apt-get -qq update
	expect 0 'Setting up socksan' apt-get -q -y install --no-install-recommends "/root/$name"
	expect 0 '' dpkg --verify socksan

	expect 0 'no violations' socksan run --require-shim -- true
	expect 23 'error[never-closed]' \
		socksan run -- perl -MSocket -MPOSIX -e 'socket(S, PF_INET, SOCK_STREAM, 0); POSIX::_exit(0)'
	expect 0 '"ev":"exit"' sh -c 'cd && LD_PRELOAD=/usr/lib/socksan/libsocksan.so perl -MSocket -e "socket(S, PF_INET, SOCK_STREAM, 0)" && cat socksan.*.jsonl'
	expect 0 'SOCKSAN 1' zcat /usr/share/man/man1/socksan.1.gz
	expect 0 'SOCKSAN\-RUN 1' zcat /usr/share/man/man1/socksan-run.1.gz
	expect 0 'SOCKSAN 7' zcat /usr/share/man/man7/socksan.7.gz
	expect 0 '_socksan socksan' bash -c '. /usr/share/bash-completion/completions/socksan && complete -p socksan'

	inside dpkg -L socksan >"$root/files"
	expect 0 'Removing socksan' apt-get -q -y purge socksan
	while read -r file; do
		case $file in
		*socksan*) [ ! -e "$root$file" ] || die "$file is there after the package was removed" ;;
		esac
	done <"$root/files"
	[ "$(grep -c socksan "$root/files")" -gt 10 ] || die "expected dpkg -L to list the files of the package"
	echo "fresh: $name was installed, used and removed"
}

try_tarball() {
	local name
	"$top/dev" tarball --output="$root/root"
	name=$(cd "$root/root" && echo socksan-*.tar.gz)
	inside tar -C /opt -xf "/root/$name"
	name=/opt/${name%.tar.gz}
	expect 0 'no violations' "$name/bin/socksan" run --require-shim -- true
	expect 23 'error[never-closed]' \
		"$name/bin/socksan" run -- perl -MSocket -MPOSIX -e 'socket(S, PF_INET, SOCK_STREAM, 0); POSIX::_exit(0)'
	inside mv "$name" /srv/moved
	expect 0 'no violations' /srv/moved/bin/socksan run --require-shim -- true
	echo "fresh: ${name#/opt/} was unpacked, used and moved"
}

try_checkout() {
	git clone -q "$top" "$root/root/socksan"
	inside /root/socksan/dev run
	inside CI=true /root/socksan/dev test
}

"try_$try"
