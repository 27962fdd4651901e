# shellcheck shell=bash
# ./dev fuzz: the targets of tests/fuzz, for long.
# SPDX-License-Identifier: Apache-2.0

# fuzz_target NAME OPTION...: says how many inputs ran; false when one of them is a finding, which is kept.
fuzz_target() {
	local name=$1 learned=$fuzz_folder/$1 log stat folders=("tests/fuzz/corpus/$1") program
	shift
	mkdir -p "$learned"
	log=$(mktemp)
	program=$built/tests/fuzz/${name}_fuzz
	(
		cd "$program.runfiles/socksan"
		[ ! -d tests/traces ] || folders+=(tests/traces)
		"$top/bazel/fuzz.sh" "$program" "-artifact_prefix=$fuzz_folder/$name-" "$@" "$learned" "${folders[@]}"
	) >"$log" 2>&1 && stat=0 || stat=$?
	say "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions," \
		"$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log") per second, findings: $((stat != 0))"
	if [ $stat -ne 0 ]; then
		tail -n 60 "$log"
		say "mend it, and put the input into tests/fuzz/corpus/$name"
	fi
	rm -f "$log"
	return $stat
}

# fuzz_difference OPTION...: so many random calls without the shim and under it; each kind of difference is printed.
fuzz_difference() {
	local config=(--config=opt --symlink_prefix=/) built
	bz build "${config[@]}" //shim:libsocksan.so //tests:all_programs >&2 || build_failed
	built=$(bz info "${config[@]}" bazel-bin)
	end_bazel
	SOCKSAN_SHIM=$built/shim/libsocksan.so SOCKSAN_PROGRAMS=$built/tests/programs \
		/usr/bin/python3 "$top/tests/support/difference.py" "$@"
}

cmd_fuzz() {
	local options=() names=() runs=1000000 name status=0 difference=() calls=0
	while [ $# -gt 0 ]; do
		case $1 in
		--runs=[0-9]*) runs=${1#--runs=} ;;
		--seconds=[0-9]*) options+=("-max_total_time=${1#--seconds=}") difference+=("$1") ;;
		-*) die "fuzz: unknown argument '$1'; usage: ./dev fuzz [--runs=N] [--seconds=N] [NAME...]" ;;
		difference) calls=1 ;;
		*)
			[ -e "$top/tests/fuzz/${1}_fuzz.c" ] || die "fuzz: there is no tests/fuzz/${1}_fuzz.c"
			names+=("$1")
			;;
		esac
		shift
	done
	if [ ${#names[@]} -eq 0 ] && [ $calls -eq 0 ]; then
		for name in "$top"/tests/fuzz/*_fuzz.c; do
			names+=("$(basename "$name" _fuzz.c)")
		done
		calls=1
	fi
	need_packages "build and run the fuzz targets" "$packages_to_build$packages_to_fuzz"
	find_home
	[ $calls -eq 0 ] || fuzz_difference "--runs=$runs" "${difference[@]}" || status=1
	[ ${#names[@]} -gt 0 ] || return $status
	# What was learned makes the next run begin where this one ends.
	fuzz_folder=${XDG_CACHE_HOME:-$HOME/.cache}/socksan/fuzz
	bz build --config=fuzz //tests:fuzz >&2 || build_failed
	built=$(bz info --config=fuzz bazel-bin)
	end_bazel
	for name in "${names[@]}"; do
		fuzz_target "$name" "-runs=$runs" "${options[@]}" || status=1
	done
	return $status
}
