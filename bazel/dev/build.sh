# shellcheck shell=bash
# Bazel as ./dev calls it, and the build that most commands begin with.
# SPDX-License-Identifier: Apache-2.0

startup=()

# Bazel keeps its output below the home folder; services and containers may have none that can be written.
find_home() {
	[ -n "${HOME-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
	export HOME
	if [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
		HOME=${TMPDIR:-/tmp}/socksan-dev-$(id -u)
		[ -d "$HOME" ] || mkdir -m 700 "$HOME"
		[ -O "$HOME" ] || die "$HOME belongs to somebody else"
		startup+=(--output_user_root="$HOME/bazel")
	fi
}

# bz COMMAND [ARG...]: Bazel in the checkout, saying only what matters, with its progress on a terminal.
bz() {
	local command=$1 ui=(--ui_event_filters=-info --noshow_progress --color=no)
	shift
	[ ! -t 2 ] || ui=(--ui_event_filters=-info --curses=yes --color=yes)
	(
		cd "$top"
		unset JAVA_HOME # of another Java than the one that Debian's Bazel is made for
		PATH=$tool_path bazel "${startup[@]}" "$command" "${ui[@]}" "$@"
	)
}

# A CI job must not leave a server behind, and has no second command that it would speed up.
end_bazel() {
	[ -z "${CI-}" ] || bz shutdown >/dev/null 2>&1 || true
}

# Sets `built` to the folder of the optimised build. DEV_BUILT names one that is built already.
build() {
	built=${DEV_BUILT-}
	[ -z "$built" ] || return 0
	need_packages "$packages_to_build"
	find_home
	local config=(--config=opt --symlink_prefix=/)
	bz build "${config[@]}" //analyzer:socksan //shim:libsocksan.so //shim:libsocksan-inject.so >&2 || die "the build failed, see above"
	built=$(bz info "${config[@]}" bazel-bin)
	end_bazel
}
