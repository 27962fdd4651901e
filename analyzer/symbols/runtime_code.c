/* Code that a language's runtime compiles into the user's program: see runtime_code.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/runtime_code.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

struct runtime {
	const char *const *functions; /* prefixes of their names */
	const char *const *files;     /* globs, in which '*' stands for '/' as well */
	const char *const *packages;  /* Go's: of functions "PACKAGE.name" and files "GOROOT/src/PACKAGE/..." */
};

static const char *const cpp_functions[] = {"std::", "__gnu_cxx::", "__cxxabiv1::", "execute_native_thread_routine",
					    NULL};
static const char *const cpp_files[] = {"*/include/c++/*", NULL};

/* "core" and "alloc" are names that a C++ program may use itself, so without a file more is needed to recognize Rust's. */
static const char *const rust_functions[] = {"core::cell::",
					     "core::fmt::",
					     "core::future::",
					     "core::iter::",
					     "core::ops::",
					     "core::option::",
					     "core::panic",
					     "core::pin::",
					     "core::ptr::",
					     "core::result::",
					     "core::slice::",
					     "core::task::",
					     "alloc::boxed::",
					     "alloc::alloc::",
					     "alloc::collections::",
					     "alloc::raw_vec::",
					     "alloc::rc::",
					     "alloc::string::",
					     "alloc::sync::",
					     "alloc::task::",
					     "alloc::vec::",
					     "<std::",
					     "<core::",
					     "<alloc::",
					     "rust_begin_",
					     "rust_panic",
					     "__rust_",
					     NULL};
/* The forms in which rustc, distributions and rustup name them. Debian's library was built in a folder of its own, and what it instantiates
 * in a program is shown with its source package. */
static const char *const rust_files[] = {"/rustc/*.rs",
					 "/usr/src/rustc-*.rs",
					 "*/library/std/src/*.rs",
					 "*/library/core/src/*.rs",
					 "*/library/alloc/src/*.rs",
					 "library/std/src/*.rs",
					 "library/core/src/*.rs",
					 "library/alloc/src/*.rs",
					 "library/panic_unwind/src/*.rs",
					 "library/panic_abort/src/*.rs",
					 "library/test/src/*.rs",
					 NULL};

/* Packages between a program and its sockets, with those below them: "net/http". */
static const char *const go_packages[] = {"runtime", "net",	"internal", "syscall", "os",	  "io",	 "crypto",
					  "bufio",   "context", "sync",	    "time",    "reflect", "log", NULL};

/* What cgo generates between Go and the user's C. */
static const char *const cgo_functions[] = {"_cgo_", "_cgoexp_", "crosscall", NULL};
static const char *const cgo_files[] = {"*cgo-gcc-prolog", "*/_cgo_export.c", "_cgo_export.c", "_cgo_gotypes.go", NULL};

/* The C code of the JDK. */
static const char *const jdk_functions[] = {"Java_java_", "Java_sun_", "Java_jdk_", NULL};

static const struct runtime runtimes[] = {
	{.functions = cpp_functions, .files = cpp_files},
	{.functions = rust_functions, .files = rust_files},
	{.packages = go_packages},
	{.functions = cgo_functions, .files = cgo_files},
	{.functions = jdk_functions},
};

static bool begins_with_one(const char *text, const char *const *beginnings)
{
	for (; beginnings && *beginnings; beginnings++)
		if (strncmp(text, *beginnings, strlen(*beginnings)) == 0)
			return true;
	return false;
}

static bool matches_one(const char *text, const char *const *globs)
{
	for (; globs && *globs; globs++)
		if (fnmatch(*globs, text, 0) == 0)
			return true;
	return false;
}

/* A path or a function's name that begins with a package, or with one below it; `end` separates that from the rest. */
static bool is_in_package(const char *text, const char *const *packages, char end)
{
	for (; packages && *packages; packages++) {
		size_t n = strlen(*packages);
		if (strncmp(text, *packages, n) == 0 && (text[n] == '/' || text[n] == end))
			return true;
	}
	return false;
}

/* "go", "go-1.19", "go1.22.1", "toolchain@v0.0.1-go1.22.1.linux-amd64": the directory that ends at `end`. */
static bool is_go_root(const char *path, const char *end)
{
	const char *name = end;
	while (name > path && name[-1] != '/')
		name--;
	if (strncmp(name, "go/", 3) == 0 || strncmp(name, "go-1.", 5) == 0 || strncmp(name, "go1.", 4) == 0)
		return true;
	return strncmp(name, "toolchain@", 10) == 0;
}

static bool is_in_go_root(const char *file, const char *const *packages)
{
	for (const char *at = file; (at = strstr(at, "/src/")); at++)
		if (is_go_root(file, at) && is_in_package(at + 5, packages, '/'))
			return true;
	return false;
}

/* "net.(*Dialer).Dial", "net/http.Get"; not "net.part.0", which gcc makes of a C function. */
static bool is_go_function(const char *function, const char *const *packages)
{
	static const char *const clones[] = {"part.", "constprop.", "isra.", "cold", "lto_priv.", NULL};
	const char *slash = strrchr(function, '/'), *dot = strchr(slash ? slash : function, '.');
	return dot && is_in_package(function, packages, '.') && !begins_with_one(dot + 1, clones);
}

/* `go build -trimpath` leaves only "net/dial.go" of a file name. A user's file may have that name, but not its function. */
static bool is_trimmed(const char *file, const char *const *packages)
{
	const char *dot = strrchr(file, '.');
	return dot && (strcmp(dot, ".go") == 0 || strcmp(dot, ".s") == 0) && is_in_package(file, packages, '/');
}

static bool is_of(const struct runtime *runtime, const char *function, const char *file)
{
	if (file && (matches_one(file, runtime->files) || is_in_go_root(file, runtime->packages)))
		return true;
	if (!function || (file && !is_trimmed(file, runtime->packages)))
		return false;
	return begins_with_one(function, runtime->functions) || is_go_function(function, runtime->packages);
}

bool is_runtime_frame(const char *function, const char *file)
{
	for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
		if (is_of(&runtimes[i], function, file))
			return true;
	return false;
}
