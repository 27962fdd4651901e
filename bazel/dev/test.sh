# shellcheck shell=bash
# ./dev test: the steps, what they count and say, and the suites of other projects.
# SPDX-License-Identifier: Apache-2.0

passed=0
failed=0

# step TITLE COMMAND...: one thing that passes or fails as a whole.
step() {
	say "== $1"
	shift
	if ("$@"); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		say "FAILED: $*"
	fi
}

# test_step TITLE CONFIG TARGET...: `bazel test`, each target counted, the log of each failed one shown.
test_step() {
	local title=$1 config=(${2:+--config=$2}) status=0 good=0 bad=0 logs label log line
	shift 2
	say "== $title"
	# More rounds than usual take longer than Bazel waits.
	bz test --keep_going --test_output=summary --test_env=SOCKSAN_NPM="$npm_folder" ${STRESS_ITERATIONS:+--test_timeout=14400} \
		"${config[@]}" "$@" >"$results" || status=$?
	logs=$(bz info "${config[@]}" bazel-testlogs)
	sed -i 's/\x1b\[[0-9;]*[A-Za-z]//g' "$results"
	while read -r line; do
		[[ $line == //* ]] || continue
		label=${line%% *}
		log=$logs/$(tr : / <<<"${label#//}")/test.log
		case $line in
		*' PASSED in '*)
			good=$((good + 1))
			# A test may skip what this machine cannot do, but not in silence.
			line=$(sed -n 's/^OK (skipped=\(.*\))$/\1 skipped/p' "$log")
			[ -z "$line" ] || say "$label: $line"
			;;
		*' FAILED TO BUILD' | *' NO STATUS')
			bad=$((bad + 1))
			say "$line"
			;;
		*)
			bad=$((bad + 1))
			say "$line"
			echo "---- log of $label"
			# Three lines of Bazel's own come first.
			tail -n +4 "$log" | tail -n 300
			echo "---- end of the log of $label"
			;;
		esac
	done <"$results"
	# What fails outside of a test, a build for one, counts too.
	if [ $bad -eq 0 ] && [ $status -ne 0 ]; then
		bad=1
		say "FAILED: bazel test ${config[*]} $* (status $status)"
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	say "$good passed, $bad failed"
}

check_scripts() {
	# The parts of dev are looked at from there: they share its variables.
	(cd "$top" && shellcheck --external-sources --check-sourced dev && shellcheck .ci/run &&
		find bazel shim analyzer tests -name '*.sh' ! -path 'bazel/dev/*' -exec shellcheck {} +)
}

# RUNNER NAME...: what needs the programs or the sources of others, and is long, so that none of it is in `test` alone.
run_suites() {
	local runner=$top/$1 packages
	shift
	[ "$*" != list ] || exec /usr/bin/python3 "$runner" list
	packages=$(/usr/bin/python3 "$runner" --packages "$@") || exit
	need_packages "run these suites" "$packages"
	build
	SOCKSAN=$built/analyzer/socksan SOCKSAN_SHIM=$built/shim/libsocksan.so exec /usr/bin/python3 "$runner" "$@"
}

cmd_test() {
	local name labels query= quick=
	case ${1-} in
	--suite=duckdb) run_suites tests/fleet/duckdb.py ;;
	--suite=field) run_suites tests/field/field.py "${@:2}" ;;
	--suite=?*) run_suites tests/real/suites.py "${@/#--suite=/}" ;;
	--quick)
		[ $# -eq 1 ] || die "test: --quick takes no names; usage: ./dev test [--quick | NAME...]"
		quick=yes
		;;
	-*) die "test: unknown argument '$1'; usage: ./dev test [--quick | NAME...], ./dev test --suite=NAME, ./dev test --suite=field [NAME...]" ;;
	esac
	need_packages "run the tests" "$packages_to_build$packages_to_test$packages_to_deb$packages_to_tarball"
	find_home
	need_npm_packages
	results=$(mktemp)
	trap 'rm -f "$results"' EXIT

	if [ -n "$quick" ]; then
		test_step "quick" quick //...
	elif [ $# -gt 0 ]; then
		for name; do
			query+="${query:+ union }filter('$name', tests(//...))"
		done
		labels=$(bz query "$query") || {
			end_bazel
			die "no test could be looked up, see above"
		}
		if [ -z "$labels" ]; then
			end_bazel
			die "no test matches: $*"
		fi
		# shellcheck disable=SC2086 # labels have no spaces
		test_step "$*" "" $labels
	else
		step "build with clang" bz build --config=clang //shim/... //analyzer/...
		test_step "test" "" //...
		if "$top/bazel/cramped.py" --check; then
			test_step "test on a cramped host" cramped //...
		else
			say "test on a cramped host: skipped, pipes cannot be made small here"
		fi
		test_step "test with nothing known of the machine" generic //...
		test_step "test with AddressSanitizer and UndefinedBehaviorSanitizer" asan //...
		test_step "test with ThreadSanitizer" tsan //...
		test_step "fuzz" fuzz //tests:fuzz
		step "layout of the C sources" cmd_format --check
		step "shellcheck" check_scripts
	fi
	end_bazel
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}
