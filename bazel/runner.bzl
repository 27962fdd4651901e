"""The executable behind `--run_under=@socksan//analyzer:run` and socksan_test: a script with files beside it.

SPDX-License-Identifier: Apache-2.0
"""

def _script_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = script,
        target_file = ctx.file.src,
        is_executable = True,
    )
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles(files = ctx.files.data + [ctx.file.src, script]),
    )]

script = rule(
    implementation = _script_impl,
    attrs = {
        "data": attr.label_list(allow_files = True),
        "src": attr.label(
            allow_single_file = True,
            mandatory = True,
        ),
    },
    executable = True,
)
