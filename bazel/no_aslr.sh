#!/bin/sh
# Runs a command without address randomisation where that is allowed: gcc 12's TSan refuses the
# mappings of kernels that randomise more bits than it knows.
# SPDX-License-Identifier: Apache-2.0
if setarch -R true 2>/dev/null; then
	exec setarch -R "$@"
fi
exec "$@"
