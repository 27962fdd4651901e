"""Every compiler and linker flag of the project, in one place.

SPDX-License-Identifier: Apache-2.0
"""

WARNINGS = [
    "-std=gnu11",
    # Empty, so that a file may say the same.
    "-D_GNU_SOURCE=",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wpointer-arith",
    "-Wwrite-strings",
]

# Unit tests, the analyzer and the shim's core follow --config=asan|tsan|fuzz; nothing else does.
SANITIZE = select({
    "//bazel:asan": [
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ],
    "//bazel:tsan": [
        "-fsanitize=thread",
        # gcc warns of fences, which TSan does not see; they stand beside atomics that it does see.
        "-Wno-tsan",
    ],
    "//bazel:fuzz": [
        "-fsanitize=fuzzer-no-link,address,undefined",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ],
    "//conditions:default": [],
})

# libFuzzer's main, for its targets.
FUZZER = select({
    "//bazel:fuzz": [
        "-fsanitize=fuzzer",
        # gold warns of hundreds of ASan's symbols.
        "-fuse-ld=bfd",
    ],
    "//conditions:default": [],
})

# The sources of a fuzz target: what it does is no news to libFuzzer, what the code under test does is.
FUZZ_COPTS = select({
    "//bazel:fuzz": ["-fno-sanitize=fuzzer-no-link"],
    "//conditions:default": [],
})

COPTS = WARNINGS + [
    "-g",
    "-O2",
    "-UNDEBUG",
] + SANITIZE

LINKOPTS = ["-Wl,--as-needed"] + SANITIZE

SHIM_BASE_COPTS = WARNINGS + [
    "-g",
    "-O2",
    "-UNDEBUG",
    # Its own calls must not go through the __*_chk functions that it interposes.
    "-U_FORTIFY_SOURCE",
    "-fPIC",
    "-fvisibility=hidden",
    # A preloaded object has its TLS block from the start: no __tls_get_addr, hence no malloc, in a hook.
    "-ftls-model=initial-exec",
    # Unwind tables: a cancelled thread unwinds through the hooks.
    "-fexceptions",
    # Bazel asks for frame pointers: two instructions a call, and a word more of each remembered walk.
    "-fomit-frame-pointer",
    # Bazel asks for this too: six instructions in each function that builds a line.
    "-fno-stack-protector",
    # Two values that are stored beside each other would be joined in a vector register first.
    "-fno-tree-slp-vectorize",
]

SHIM_COPTS = SHIM_BASE_COPTS

SHIM_CORE_COPTS = SHIM_BASE_COPTS + SANITIZE

SHIM_LINKOPTS = [
    # gold, which Bazel prefers, is not what Debian links its own libraries with.
    "-fuse-ld=bfd",
    "-static-libgcc",
    # Drops the libstdc++ and libm of Bazel's default toolchain: a preloaded object needs libc alone.
    "-Wl,--as-needed",
    "-Wl,--exclude-libs,ALL",
    "-Wl,--no-undefined",
    "-Wl,-soname,libsocksan.so",
    # What the shim calls of its own names is its own, also in a program that defines them.
    "-Wl,-Bsymbolic-functions",
    "-Wl,-z,initfirst",
    "-Wl,-z,now",
    "-Wl,-z,nodelete",
]

INJECT_LINKOPTS = [
    "-fuse-ld=bfd",
    "-static-libgcc",
    "-Wl,--as-needed",
    "-Wl,-soname,libsocksan-inject.so",
    "-Wl,-z,now",
    "-Wl,-z,nodelete",
]

PROGRAM_COPTS = [
    "-std=gnu11",
    "-g",
    "-O1",
    "-UNDEBUG",
    "-U_FORTIFY_SOURCE",
    "-pthread",
    "-Wall",
    "-Wextra",
]

FORTIFIED_COPTS = PROGRAM_COPTS + [
    "-O2",
    "-D_FORTIFY_SOURCE=2",
]
