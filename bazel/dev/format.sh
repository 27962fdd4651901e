# shellcheck shell=bash
# ./dev format.
# SPDX-License-Identifier: Apache-2.0

c_sources() {
	(cd "$top" && find shim analyzer tests docs -name '*.[ch]' -print0)
}

# Sets `formatter` to a clang-format of the version that the sources are laid out by. Others do it differently here and there, as to
# casts and macros.
find_formatter() {
	for formatter in clang-format-14 clang-format; do
		[[ $(PATH=$tool_path $formatter --version 2>/dev/null) != *' version 14.'* ]] || return 0
	done
	return 1
}

cmd_format() {
	local bad formatter
	need_packages "format the sources" "$(grep clang-format <<<"$packages_to_test")"
	case ${1-} in
	'')
		find_formatter || die "format: the layout is that of clang-format 14, as Debian 12 has it; there is another one here"
		c_sources | (cd "$top" && PATH=$tool_path xargs -0r "$formatter" -i)
		;;
	--check)
		if ! find_formatter; then
			say "not checked: the layout is that of clang-format 14, as Debian 12 has it; there is another one here"
			return
		fi
		bad=$(c_sources | (cd "$top" && PATH=$tool_path xargs -0r "$formatter" --dry-run 2>&1) |
			sed -n 's/^\([^: ]*\):.*clang-format-violations.*/\1/p' | sort -u)
		[ -z "$bad" ] || die "not laid out as .clang-format says (./dev format mends it):"$'\n'"$bad"
		;;
	*) die "format: unknown argument '$1'; usage: ./dev format [--check]" ;;
	esac
}
