# shellcheck shell=bash
# ./dev run, bench and soak: what is built, at work.
# SPDX-License-Identifier: Apache-2.0

cmd_run() {
	build
	[ $# -eq 0 ] || exec "$built/analyzer/socksan" run "$@"

	say "socksan run /usr/bin/python3 tests/programs/example_server.py"
	local status=0
	"$built/analyzer/socksan" run -- /usr/bin/python3 "$top/tests/programs/example_server.py" || status=$?
	# 23 says that violations were found, as they have to be here.
	[ $status -ne 0 ] || die "the example has mistakes, yet none was found"
	[ $status -eq 23 ] || exit $status
	say "exit status 23: violations were found. Your own program: ./dev run -- COMMAND"
}

cmd_bench() {
	need_packages "measure SockSan" "$packages_to_bench"
	build
	local script=bench.py
	case ${1-} in
	--analyzer | --instructions)
		script=${1#--}.py
		shift
		;;
	esac
	SOCKSAN=$built/analyzer/socksan SOCKSAN_SHIM=$built/shim/libsocksan.so \
		exec /usr/bin/python3 "$top/tests/bench/$script" "$@"
}

cmd_soak() {
	need_packages "measure SockSan" "$packages_to_bench"
	build
	SOCKSAN=$built/analyzer/socksan SOCKSAN_SHIM=$built/shim/libsocksan.so \
		exec /usr/bin/python3 "$top/tests/bench/soak.py" "$@"
}
