#!/bin/sh
# Runs a fuzz target, in a folder that has its tests/: fuzz.sh PROGRAM [OPTION]... FOLDER..., all of them libFuzzer's.
#
# As a test it always starts from the same seed, and makes few inputs. What it learns is then forgotten, and an input that is
# a finding stays among the undeclared outputs of the test.
# SPDX-License-Identifier: Apache-2.0
program=$1
name=$(basename "$program" _fuzz)
shift

if [ -n "${TEST_TMPDIR-}" ]; then
	mkdir "$TEST_TMPDIR/learned" || exit
	set -- -seed=1 -runs=10000 "-artifact_prefix=${TEST_UNDECLARED_OUTPUTS_DIR:-$TEST_TMPDIR}/" "$TEST_TMPDIR/learned" "$@"
fi
[ ! -e "tests/fuzz/$name.dict" ] || set -- "-dict=tests/fuzz/$name.dict" "$@"
exec "$program" -max_len=2048 -close_fd_mask=2 -print_final_stats=1 "$@"
