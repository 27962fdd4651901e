# shellcheck shell=bash
# ./dev format.
# SPDX-License-Identifier: Apache-2.0

c_sources() {
	(cd "$top" && find shim analyzer tests -name '*.[ch]' -print0)
}

cmd_format() {
	local bad
	need_packages "format the sources" "$(grep clang-format <<<"$packages_to_test")"
	case ${1-} in
	'') c_sources | (cd "$top" && PATH=$tool_path xargs -0r clang-format -i) ;;
	--check)
		bad=$(c_sources | (cd "$top" && PATH=$tool_path xargs -0r clang-format --dry-run 2>&1) |
			sed -n 's/^\([^: ]*\):.*clang-format-violations.*/\1/p' | sort -u)
		[ -z "$bad" ] || die "not laid out as .clang-format says (./dev format mends it):"$'\n'"$bad"
		;;
	*) die "format: unknown argument '$1'; usage: ./dev format [--check]" ;;
	esac
}
