#!/bin/sh
# Starts a program with sockets, and shows what it was given. Passes without arguments too.
# SPDX-License-Identifier: Apache-2.0
echo "greeting: ${GREETING-none}"
[ $# -eq 0 ] || cat "$1"
for argument; do
	echo "argument: $argument"
done
exec ./closes_test
