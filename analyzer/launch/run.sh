#!/bin/sh
# Runs a test that Bazel starts under `socksan run`; takes its options and arguments. The report goes to test.log, and to the
# folder that Bazel keeps of a test's outputs.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
outputs=${TEST_UNDECLARED_OUTPUTS_DIR-}
if [ -d "$outputs" ]; then
	set -- --output=json="$outputs/socksan.json" --output=junit="$outputs/socksan.xml" "$@"
fi
SOCKSAN_SHIM=$here/../shim/libsocksan.so exec "$here/socksan" run "$@"
