/* runtime_code: which frames are the runtime's of a language.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyzer/symbols/runtime_code.h"

struct frame_case {
	const char *function, *file;
};

static void each(const struct frame_case *cases, size_t n, bool expected)
{
	for (size_t i = 0; i < n; i++)
		if (is_runtime_frame(cases[i].function, cases[i].file) != expected)
			fail_msg("%s in %s: expected it to be %s", cases[i].function ? cases[i].function : "(none)",
				 cases[i].file ? cases[i].file : "(none)", expected ? "the runtime's" : "the user's");
}

#define RUNTIME(...)                                             \
	do {                                                     \
		const struct frame_case cases[] = {__VA_ARGS__}; \
		each(cases, sizeof cases / sizeof *cases, true); \
	} while (0)
#define USER(...)                                                 \
	do {                                                      \
		const struct frame_case cases[] = {__VA_ARGS__};  \
		each(cases, sizeof cases / sizeof *cases, false); \
	} while (0)

static void cpp(void **state)
{
	(void)state;
	RUNTIME({"std::__invoke<net::Pool>", "/usr/include/c++/12/bits/invoke.h"},
		{"std::thread::_Invoker<std::tuple<net::Pool> >::operator()", NULL},
		{"__gnu_cxx::new_allocator<int>::allocate", NULL}, {"execute_native_thread_routine", NULL},
		{"apply", "/opt/gcc-13/include/c++/13/functional"},
		{"std::__1::__invoke", "/opt/llvm/include/c++/v1/__type_traits/invoke.h"});
	USER({"net::Pool<std::string>::take", "/home/u/pool.cc"}, {"net::Pool<std::string>::take", NULL},
	     {"std::hash<net::Pool>::operator()", "/home/u/pool.h"}, {"stdio_open", NULL}, {"main", NULL},
	     {NULL, "/home/u/include/cplus.h"}, {NULL, NULL});
}

static void rust(void **state)
{
	(void)state;
	RUNTIME({"std::net::tcp::TcpStream::connect",
		 "/rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/net/tcp.rs"},
		{"core::ops::function::FnOnce::call_once", "/rustc/9fc6b431/library/core/src/ops/function.rs"},
		{"core::ops::function::FnOnce::call_once", NULL}, {"alloc::boxed::Box<F,A>::call_once", NULL},
		{"<alloc::boxed::Box<F,A> as core::ops::function::FnOnce<Args>>::call_once", NULL},
		{"std::rt::lang_start", NULL}, {"__rust_try", NULL},
		{"connect", "/usr/src/rustc-1.63.0/library/std/src/net/tcp.rs"},
		{"std::sys::unix::net::Socket::new", "library/std/src/sys/unix/net.rs"},
		{"__rust_start_panic", "library/panic_unwind/src/lib.rs"},
		{"new", "/usr/src/rustc-1.63.0/vendor/hashbrown/src/raw/mod.rs"},
		{"connect", "/root/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/net/tcp.rs"});
	USER({"app::connect", "/home/u/app/src/main.rs"}, {"net::open", "library/net/src/lib.rs"},
	     {"app::main::{{closure}}", NULL}, {"<app::Pool as core::ops::drop::Drop>::drop", NULL},
	     {"core::Server::run", NULL}, {"alloc::get", NULL}, {"core::ops::run", "/home/u/engine/core.cc"});
}

static void go(void **state)
{
	(void)state;
	RUNTIME({"_cgo_98603dba6b75_Cfunc_make", "/tmp/go-build/cgo-gcc-prolog"},
		{"_cgo_98603dba6b75_Cfunc_make", NULL}, {"runtime.goexit", "/usr/local/go/src/runtime/asm_amd64.s"},
		{"net.(*sysDialer).dialTCP", "/usr/lib/go-1.19/src/net/tcpsock_posix.go"},
		{"net/http.Get", "/home/u/sdk/go1.22.1/src/net/http/client.go"},
		{"internal/poll.(*FD).Init",
		 "/home/u/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.1.linux-amd64/src/internal/poll/fd_unix.go"},
		{"syscall.Socket", NULL}, {"net/http.(*Transport).dial", NULL}, {"net.Dial", "net/dial.go"});
	USER({"main.main", "/home/u/go/src/app/main.go"}, {"example.com/app/net.Dial", "net/dial.go"},
	     {"example.com/app/net.Dial", NULL}, {"net.part.0", NULL}, {"time.constprop.0", NULL}, {"net", NULL},
	     {"net.Dial", "/home/u/app/dial.c"}, {"network.Dial", NULL}, {"main.main", "/home/u/src/net/main.go"},
	     {"main.main", "/home/u/go-projects/src/net/main.go"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cpp), cmocka_unit_test(rust), cmocka_unit_test(go)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
