# shellcheck shell=bash
# Bazel as ./dev calls it, and the build that most commands begin with.
# SPDX-License-Identifier: Apache-2.0

# The server of an interrupted command ends soon; one that was there before keeps its own limit.
startup=(--max_idle_secs=60)
keep_server=

# Whether a server of Bazel runs for this checkout.
server_runs() {
	# The pattern is no argument, which grep would find in its own process.
	grep -qszxFf <(printf '%s\n' "--workspace_directory=$top") /proc/[0-9]*/cmdline
}

# Bazel keeps its output below the home folder; services and containers may have none that can be written.
find_home() {
	! server_runs || keep_server=yes
	[ -n "${HOME-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
	export HOME
	if [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
		HOME=${TMPDIR:-/tmp}/socksan-dev-$(id -u)
		[ -d "$HOME" ] || mkdir -m 700 "$HOME"
		[ -O "$HOME" ] || die "$HOME belongs to somebody else"
		startup+=(--output_user_root="$HOME/bazel")
	fi
}

# bz COMMAND [ARG...]: Bazel in the checkout, saying only what matters, with its progress on a terminal, or in `progress` as lines.
bz() {
	local command=$1 ui=(--ui_event_filters=-info) limit=()
	shift
	# The server ends at once, but Bazel waits for a minute where nobody reaps it, as in a container without an init.
	[ "$command" != shutdown ] || limit=(timeout 10)
	if [ -t 2 ]; then
		ui+=(--curses=yes --color=yes)
	elif [ -n "${progress-}" ]; then
		ui+=(--curses=no --color=no --show_progress_rate_limit=5)
	else
		ui+=(--noshow_progress --color=no)
	fi
	(
		cd "$top"
		unset JAVA_HOME # of another Java than the one that Debian's Bazel is made for
		PATH=$tool_path "${limit[@]}" bazel "${startup[@]}" "$command" "${ui[@]}" "$@"
	)
}

# No server is left behind, except for somebody who had one running before.
end_bazel() {
	[ -n "$keep_server" ] || bz shutdown >/dev/null 2>&1 || true
}

build_failed() {
	end_bazel
	die "the build failed, see above"
}

# Sets `built` to the folder of the optimised build. DEV_BUILT names one that is built already.
build() {
	built=${DEV_BUILT-}
	[ -z "$built" ] || return 0
	need_packages "build SockSan" "$packages_to_build"
	find_home
	local config=(--config=opt --symlink_prefix=/) progress=
	built=$(bz info "${config[@]}" bazel-bin) || build_failed
	if [ ! -x "$built/analyzer/socksan" ]; then
		say "building SockSan: about a minute, the next time only what has changed"
		progress=yes
	fi
	bz build "${config[@]}" //analyzer:socksan //shim:libsocksan.so //shim:libsocksan-inject.so >&2 || build_failed
	end_bazel
}
