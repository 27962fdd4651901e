"""Turns the files under tests/ into targets, so that adding a test or a program never edits a BUILD file.

SPDX-License-Identifier: Apache-2.0
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")
load("//bazel:copts.bzl", "COPTS", "FORTIFIED_COPTS", "FUZZER", "FUZZ_COPTS", "LINKOPTS", "PROGRAM_COPTS")

# Units of what threads share in the shim: run under TSan too.
TSAN_UNITS = [
    "check_test",
    "fdtable_test",
    "jsonl_test",
    "lifecycle_test",
    "process_test",
    "record_test",
    "stack_test",
    "thread_test",
    "trail_test",
    "trace_test",
]

# Areas that look at the analyzer alone, so that its instrumented build is worth running.
SANITIZED_AREAS = [
    "analyzer",
    "weigh",
]

# All programs that these areas start. Others are not built for them, so not once more for --config=asan.
SANITIZED_PROGRAMS = [
    "double_close",
    "double_close_threads",
    "never_closed_bind_failed",
]

# Beside all units, what `./dev test --quick` runs: areas, or AREA/NAME of one test.
QUICK = [
    "analyzer/golden_test",
    "run/status_test",
    "run/trace_dir_test",
    "run/transparency_test",
    "violations",
]

# Beside all units, what runs once more on a cramped host: tests that start programs and talk to them; about a minute on two cores.
CRAMPED = [
    "analyzer/progress_test",
    "analyzer/report_test",
    "api",
    "hooks/hooks_test",
    "hooks/transparency_test",
    "hosts/loading_test",
    "run",
    "violations/silent_test",
]

# What the shim does otherwise where it knows nothing of the machine: walks up the stack, vfork, system calls.
GENERIC = [
    "hooks/hooks_test",
    "unit/record_test",
    "unit/stack_test",
    "violations",
]

def _stem(path):
    return path.rpartition(".")[0]

def _check(name, members, srcs):
    """A list names areas and tests that are there."""
    known = [_stem(src) for src in srcs] + [src.partition("/")[0] for src in srcs]
    for member in members:
        if member not in known:
            fail("%s: there is no %s" % (name, member))

def _tags(src, **lists):
    """The tags whose list has the area of this file, or the file itself."""
    return [tag for tag, members in lists.items() if src.partition("/")[0] in members or _stem(src) in members]

def unit_tests(srcs, hdrs, data):
    """One cmocka test per C file, linked with the cores of shim and analyzer."""
    _check("TSAN_UNITS", ["unit/" + unit for unit in TSAN_UNITS], srcs)
    for src in srcs:
        unit = _stem(src).rpartition("/")[2]
        cc_test(
            name = _stem(src),
            size = "small",
            srcs = [src] + hdrs,
            copts = COPTS,
            data = data,
            linkopts = LINKOPTS + [
                "-lcmocka",
                "-pthread",
            ],
            linkstatic = True,
            tags = ["cramped", "quick", "sanitize"] + (["tsan"] if unit in TSAN_UNITS else []) + _tags(src, generic = GENERIC),
            deps = [
                "//analyzer:analyzer_core",
                "//shim:shim_core",
            ],
        )

def fuzz_tests(srcs, support, replay, goldens):
    """One libFuzzer target per C file fuzz/NAME_fuzz.c, with --config=fuzz; else a test that runs its corpus.

    Its corpus is fuzz/corpus/NAME, and the golden files in traces/ that `goldens` has a pattern of; its dictionary, if
    there is one, fuzz/NAME.dict.

    fuzz/corpus/NAME/learned is what libFuzzer found by itself: small text that reaches each branch once, kept by
    -merge=1 -use_counters=0, so that it need not be found again on each machine.
    """
    for src in srcs:
        name = _stem(src).rpartition("/")[2][:-len("_fuzz")]
        folders = ["fuzz/corpus/" + name] + (["traces"] if name in goldens else [])
        cc_test(
            name = _stem(src),
            size = "medium",
            srcs = [src] + support + select({
                "//bazel:fuzz": [],
                "//conditions:default": [replay],
            }),
            args = ["tests/" + folder for folder in folders],
            # Where libxml2's headers are.
            copts = COPTS + FUZZ_COPTS + ["-I/usr/include/libxml2"],
            data = native.glob(["fuzz/corpus/%s/**" % name, "fuzz/%s.dict" % name] + goldens.get(name, [])),
            linkopts = LINKOPTS + FUZZER,
            linkstatic = True,
            tags = ["sanitize"],
            deps = [
                "//analyzer:analyzer_core",
                "//shim:shim_core",
            ],
        )
    native.test_suite(
        name = "fuzz",
        tests = [_stem(src) for src in srcs],
    )

def test_programs(name, srcs, hdrs):
    """One plain, uninstrumented binary per C file, and a filegroup of them all.

    NAME_static.c is linked statically, NAME_fortified.c is built with _FORTIFY_SOURCE.
    """
    for src in srcs:
        static = src.endswith("_static.c")
        cc_binary(
            name = _stem(src),
            testonly = True,
            srcs = [src] + hdrs,
            copts = FORTIFIED_COPTS if src.endswith("_fortified.c") else PROGRAM_COPTS,
            features = ["fully_static_link"] if static else [],
            linkopts = ["-pthread"] + (["-static"] if static else ["-Wl,--as-needed"]),
            deps = ["//shim:tables"],
        )
    native.filegroup(
        name = name,
        testonly = True,
        srcs = [_stem(src) for src in srcs],
    )

def _python_test_impl(ctx):
    launcher = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        output = launcher,
        is_executable = True,
        content = """#!/bin/sh
# Gives a Python test the built files it asks for, and Debian's interpreter. Bazel's own TEST_TMPDIR is too long for the
# address of a Unix socket, and below a home folder that other users may not enter.
top=$TEST_SRCDIR/$TEST_WORKSPACE
export SOCKSAN="$top/{socksan}" SOCKSAN_SHIM="$top/{shim}" SOCKSAN_PROGRAMS="$top/{programs}"
export PYTHONPATH="$top/tests/support"
TEST_TMPDIR=$(mktemp -d /tmp/test.XXXXXX) && export TEST_TMPDIR && chmod 755 "$TEST_TMPDIR" || exit
/usr/bin/python3 "$top/{src}" "$@"
status=$?
rm -rf "$TEST_TMPDIR"
exit $status
""".format(
            programs = ctx.label.package + "/programs",
            shim = ctx.file.shim.short_path,
            socksan = ctx.executable.socksan.short_path,
            src = ctx.file.src.short_path,
        ),
    )
    files = ctx.files.data + [ctx.file.src, ctx.file.shim, ctx.file.inject, ctx.executable.socksan]
    return [DefaultInfo(
        executable = launcher,
        runfiles = ctx.runfiles(files = files),
    )]

_python_test = rule(
    implementation = _python_test_impl,
    attrs = {
        "data": attr.label_list(allow_files = True),
        # Found from the place of the shim.
        "inject": attr.label(
            allow_single_file = True,
            default = "//shim:libsocksan-inject.so",
        ),
        "shim": attr.label(
            allow_single_file = True,
            default = "//shim:libsocksan.so",
        ),
        "socksan": attr.label(
            cfg = "target",
            default = "//analyzer:socksan",
            executable = True,
        ),
        "src": attr.label(
            allow_single_file = [".py"],
            mandatory = True,
        ),
    },
    test = True,
)

def python_tests(srcs, data, programs):
    """One test per Python file tests/AREA/NAME_test.py, run by Debian's own interpreter; `programs` is those of tests/programs."""
    for name, members in {"CRAMPED": CRAMPED, "GENERIC": GENERIC, "QUICK": QUICK, "SANITIZED_AREAS": SANITIZED_AREAS}.items():
        _check(name, [member for member in members if not member.startswith("unit/")], srcs)
    for src in srcs:
        area = src.partition("/")[0]
        _python_test(
            name = _stem(src),
            # A machine may be ten times slower than another; with a Bazel within, it builds all once more.
            size = "enormous" if area == "bazel" else "large",
            src = src,
            data = data + (["programs/" + one for one in SANITIZED_PROGRAMS] if area in SANITIZED_AREAS else [programs]),
            tags = _tags(src, cramped = CRAMPED, generic = GENERIC, quick = QUICK, sanitize = SANITIZED_AREAS),
        )
