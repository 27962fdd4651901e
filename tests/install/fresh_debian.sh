#!/bin/bash
# Proves that `./dev run` and `./dev test` are all the set-up there is: clones the checkout's HEAD into a new Debian 12
# and runs both there. Packages come from where this machine's apt takes them. Needs root, debootstrap and some minutes.
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

if [ $# -gt 0 ]; then
	mkdir -p "$1"
	parent=$1
else
	parent=${TMPDIR:-/tmp}
fi
root=$(mktemp -d "$(readlink -f "$parent")/socksan-fresh.XXXXXX")
chmod 755 "$root" # programs of other users run inside
trap 'umount -R "$root/proc" "$root/dev" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT

sources=$(apt-get indextargets --format "deb \$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' |
	grep -E " $suite(-updates|-security)? " | sort -u)
mirror=$(awk -v suite=$suite '$3 == suite { print $2; exit }' <<<"$sources")
[ -n "$mirror" ] || die "apt on this machine has no source for $suite"

echo "fresh: debootstrap $suite below $root"
debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
	tail "$root.log" >&2
	die "debootstrap failed; all that it said is in $root.log"
}
rm -f "$root.log"

echo "$sources" >"$root/etc/apt/sources.list"
apt-config dump | grep -iE '^Acquire::https?::.*proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

git clone -q "$top" "$root/root/socksan"

inside() {
	echo "fresh: $*"
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
inside /root/socksan/dev run
inside CI=true /root/socksan/dev test
