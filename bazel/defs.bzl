"""For Bazel workspaces that use SockSan: socksan_test runs a test under it.

    load("@socksan//bazel:defs.bzl", "socksan_test")

    socksan_test(
        name = "server_socksan_test",
        size = "small",
        test = ":server_test",
    )

SPDX-License-Identifier: Apache-2.0
"""

def _quote(word):
    return "'" + word.replace("'", "'\\''") + "'"

def _socksan_test_impl(ctx):
    runner = ctx.attr._runner[DefaultInfo]
    test = ctx.attr.test[DefaultInfo]
    files = ctx.files.suppressions + ctx.files.baseline
    words = [runner.files_to_run.executable.short_path, "--fail-on=" + ctx.attr.fail_on]
    words += ["--suppressions=" + file.short_path for file in ctx.files.suppressions]
    words += ["--baseline=" + file.short_path for file in ctx.files.baseline]
    words += ctx.attr.options
    words += ["--", "./" + test.files_to_run.executable.short_path]
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        output = launcher,
        is_executable = True,
        content = "\n".join(
            [
                "#!/bin/sh",
                # Where Bazel starts a test; somebody who starts it by hand may be anywhere.
                "[ -n \"${TEST_SRCDIR-}\" ] || cd \"$0.runfiles\"/%s || exit" % _quote(ctx.workspace_name),
            ] + [
                "export %s=%s" % (name, _quote(ctx.expand_location(value, ctx.attr.data)))
                for name, value in ctx.attr.env.items()
            ] + [
                "exec %s \"$@\"" % " ".join([_quote(word) for word in words]),
                "",
            ],
        ),
    )
    runfiles = ctx.runfiles(files = files + ctx.files.data)
    for target in [runner, test] + [target[DefaultInfo] for target in ctx.attr.data]:
        runfiles = runfiles.merge(target.default_runfiles)
    return [DefaultInfo(executable = launcher, runfiles = runfiles)]

socksan_test = rule(
    implementation = _socksan_test_impl,
    doc = """Runs a test under `socksan run`: it fails when the test fails, and when a violation reaches fail_on.

The report stands in test.log, and as socksan.json and socksan.xml among the undeclared outputs. args, env and data of the test
itself are not taken over.""",
    attrs = {
        "test": attr.label(
            cfg = "target",
            doc = "The test, or any other program.",
            executable = True,
            mandatory = True,
        ),
        "fail_on": attr.string(
            default = "error",
            doc = "What fails: error, warning, never, or a comma list of codes.",
        ),
        "suppressions": attr.label_list(
            allow_files = True,
            doc = "Files of suppressions.",
        ),
        "baseline": attr.label(
            allow_single_file = [".json"],
            doc = "A JSON report; what it has is known, and does not fail.",
        ),
        "options": attr.string_list(doc = "Further options of `socksan run`."),
        "env": attr.string_dict(doc = "Environment of the test; $(location) is expanded."),
        "data": attr.label_list(
            allow_files = True,
            doc = "Files that the test reads.",
        ),
        "_runner": attr.label(
            cfg = "target",
            default = Label("//analyzer:run"),
            executable = True,
        ),
    },
    test = True,
)
