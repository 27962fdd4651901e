/* user_code: whose code each frame of a stack is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/symbols/user_code.h"

enum mark { OWN, COUNTS, COUNTED };

/* Marks a stack of frames that each begin with '+' when they should have that mark, else with '-':
 * "module", "module function", "module file:function"; "py file" is a frame of Python, "java file" one of Java. */
static void stack(enum mark mark, const char *const *frames)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + 16 * sizeof *symbols->list);
	char text[16][128], expected[17] = "", found[17] = "";
	for (; frames[symbols->n]; symbols->n++) {
		struct symbol *symbol = &symbols->list[symbols->n];
		char *word = strcpy(text[symbols->n], frames[symbols->n] + 1), *blank = strchr(word, ' ');
		if (blank)
			*blank++ = 0;
		symbol->lang = strcmp(word, "py") == 0	   ? LANG_python
			       : strcmp(word, "rb") == 0   ? LANG_ruby
			       : strcmp(word, "pl") == 0   ? LANG_perl
			       : strcmp(word, "java") == 0 ? LANG_java
							   : LANG_c;
		if (symbol->lang) {
			symbol->file = blank;
		} else {
			char *colon = blank ? strrchr(blank, ':') : NULL;
			symbol->module = word;
			symbol->function = colon ? colon + 1 : blank;
			if (colon) {
				*colon = 0;
				symbol->file = blank;
			}
		}
		expected[symbols->n] = *frames[symbols->n];
	}
	symbols_mark_user_code(symbols);
	for (size_t i = 0; i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		bool marked[] = {[OWN] = symbol->own, [COUNTS] = symbol->counts, [COUNTED] = symbol->counted};
		found[i] = marked[mark] ? '+' : '-';
	}
	assert_string_equal(expected, found);
	free(symbols);
}

#define MARKED(mark, ...) stack(mark, (const char *const[]){__VA_ARGS__, NULL})

/* -- the recipe of fingerprints that was ---------------------------------------------------------------------- */

#define STACK(...) MARKED(COUNTED, __VA_ARGS__)

static void the_c_library_is_not_the_users(void **state)
{
	(void)state;
	STACK("-/lib/x86_64-linux-gnu/libc.so.6 fclose", "+/home/u/server close_all", "+/home/u/server main",
	      "-/lib/x86_64-linux-gnu/libc.so.6 __libc_start_call_main", "-/home/u/server _start");
	STACK("+/home/u/server on_alarm", "-linux-vdso.so.1", "-/lib64/ld-linux-x86-64.so.2 _dl_init",
	      "+/home/u/server main");
	STACK("+/lib/ld-tools/server", "+/lib/libcurl.so.4");
}

static void the_start_code_of_a_stripped_program_is_not_the_users(void **state)
{
	(void)state;
	STACK("+/home/u/server", "-/lib/libc.so.6", "-/home/u/server");
	STACK("+/home/u/server", "+/home/u/server");
}

static void libraries_of_the_machine_are_not_the_users_where_there_is_other_code(void **state)
{
	(void)state;
	STACK("-/usr/lib/x86_64-linux-gnu/libcurl.so.4 curl_easy_perform", "+/home/u/client fetch", "-/lib/libc.so.6");
	STACK("+/usr/lib/jvm/lib/libnet.so", "+/usr/lib/jvm/bin/java main", "-/lib/libc.so.6");
	STACK("+/usr/local/lib/libown.so", "+/usr/bin/client main");
}

static void templates_of_the_cpp_library_are_not_the_users(void **state)
{
	(void)state;
	STACK("-/home/u/server /usr/include/c++/12/bits/invoke.h:std::__invoke",
	      "+/home/u/server /home/u/server.cc:main",
	      "-/home/u/server /usr/lib/gcc/x86_64-linux-gnu/12/include/x.h:f", "+/home/u/server include/x.h:g");
}

static void python_comes_before_c(void **state)
{
	(void)state;
	STACK("-py /usr/lib/python3.11/socket.py", "+py /srv/app.py", "-/usr/bin/python3.11 _PyEval_EvalFrameDefault",
	      "-/srv/extension.so", "-/usr/bin/python3.11 main");
}

static void the_standard_library_of_python_is_not_the_users(void **state)
{
	(void)state;
	STACK("-py /opt/python/lib/python3.9/socket.py", "-py /usr/lib64/python3.13/asyncio/events.py",
	      "-py /usr/lib/python311.zip/socket.py", "-py <frozen runpy>");
	STACK("+py <string>", "+py <stdin>", "+py /usr/lib/python3/dist-packages/urllib3/connection.py",
	      "+py /v/lib/python3.11/site-packages/requests/api.py", "+py /srv/lib/python3-app/app.py",
	      "+py /srv/python3.11/app.py", "+py lib/app.py");
}

static void the_libraries_of_ruby_and_perl_are_not_the_users(void **state)
{
	(void)state;
	MARKED(OWN, "-rb <internal:kernel>", "-rb /usr/lib/ruby/3.1.0/net/http.rb",
	       "-rb /home/u/.rbenv/versions/3.3.0/lib/ruby/3.3.0/socket.rb",
	       "-rb /home/u/.rbenv/versions/3.3.0/lib/ruby/site_ruby/3.3.0/rubygems.rb",
	       "-rb /home/u/.rbenv/versions/3.3.0/lib/ruby/gems/3.3.0/gems/pg-1.5/lib/pg.rb", "+rb (eval)", "+rb -e",
	       "+rb lib/app.rb", "+rb /srv/lib/ruby/app.rb", "+rb /srv/lib/ruby/3d/app.rb");
	MARKED(OWN, "-pl /usr/share/perl/5.36/IO/Socket.pm", "-pl /opt/perl/lib/5.36.0/IO/Socket.pm",
	       "-pl /opt/perl/lib/site_perl/5.36.0/Mojo/IOLoop.pm",
	       "-pl /home/u/.plenv/versions/5.36.0/lib/perl5/5.36.0/IO/Socket.pm", "+pl (eval 6)", "+pl -e",
	       "+pl lib/App.pm", "+pl /srv/lib/5.pl", "+pl /srv/lib/site_perl/App.pm");
}

static void an_interpreter_without_python_frames_is_not_the_users(void **state)
{
	(void)state;
	STACK("-/usr/bin/python3.11 sock_finalize", "-/lib/libc.so.6", "-/usr/bin/python3.11 _start");
	STACK("-/v/lib/libpython3.12.so.1.0", "-/v/lib/python3.12/lib-dynload/_socket.cpython-312-x86_64-linux-gnu.so",
	      "+/home/u/embeds main", "+/home/u/python3-embeds main");
	STACK("-/usr/bin/python3.11-dbg", "-/usr/local/bin/python3.13t", "-/usr/local/bin/python3.9d",
	      "+/home/u/python-game");
}

/* -- whose code it is ----------------------------------------------------------------------------------------- */

static void what_lies_in_the_system_is_not_ones_own(void **state)
{
	(void)state;
	MARKED(OWN, "-/usr/lib/x86_64-linux-gnu/libcurl.so.4 curl_easy_perform", "+/home/u/client fetch",
	       "-/lib/libc.so.6", "-/home/u/client _start");
	MARKED(OWN, "-/usr/sbin/nginx ngx_event_accept", "-/usr/sbin/nginx main", "-/lib/libc.so.6",
	       "-/usr/sbin/nginx");
	MARKED(OWN, "-/usr/local/lib/libown.so", "-/nix/store/x/bin/client main", "+/opt/shop/bin/shop main");
	/* Debug information has the paths of the machine that built it. */
	MARKED(OWN, "-/usr/sbin/nginx /build/nginx/src/core/nginx.c:main");
	MARKED(OWN, "-/home/u/server /usr/include/c++/12/bits/invoke.h:std::__invoke",
	       "-/home/u/server /root/.cargo/registry/src/tokio/src/net.rs:bind", "+/home/u/server src/main.rs:main");
}

static void the_jdk_and_what_runs_tests_is_not_ones_own(void **state)
{
	(void)state;
	MARKED(OWN, "-java sun/nio/ch/Net.java", "-java java/net/Socket.java", "+java com/example/Server.java",
	       "+java Main.java", "-java jdk/internal/reflect/DirectMethodHandleAccessor.java",
	       "-java org/junit/platform/commons/util/ReflectionUtils.java", "-java kotlin/io/Closeable.kt",
	       "+java javanet/Socket.java", "-/lib/libnio.so Java_sun_nio_ch_Net_socket0");
	MARKED(COUNTS, "-java java/net/Socket.java", "+java com/example/Server.java",
	       "-/home/u/jdk/lib/libnio.so Java_sun_nio_ch_Net_socket0");
}

static void what_was_built_from_own_sources_is_ones_own(void **state)
{
	(void)state;
	MARKED(OWN, "+/app/server /usr/src/app/server.c:main", "+/usr/src/app/bin/server main",
	       "+/app/server /usr/local/src/shop/shop.c:f", "+py /usr/src/app/main.py");
	MARKED(OWN, "-/app/server /usr/src/debug/glib-2.78/gmain.c:f", "-py /usr/src/app/node_modules/x.py",
	       "-/usr/bin/server /usr/src/app/server.c:main", "+/app/server main");
}

static void an_interpreter_is_not_ones_own_wherever_it_is_installed(void **state)
{
	(void)state;
	MARKED(OWN, "-/root/.nvm/versions/node/v20.1.0/bin/node uv__socket", "+/home/u/addon.node f");
	MARKED(OWN, "-/opt/rbenv/lib/libruby.so.3.1", "-/opt/rbenv/bin/ruby3.1 main", "-/opt/php/bin/php8.2 main");
	MARKED(OWN, "-/opt/hostedtoolcache/Java/x64/lib/libnio.so Java_sun_nio_ch_Net_socket0",
	       "-/opt/hostedtoolcache/Java/x64/lib/server/libjvm.so JavaCalls::call_helper",
	       "-/opt/hostedtoolcache/Java/x64/bin/java main");
	MARKED(OWN, "+/home/u/bin/nodectl main", "+/home/u/build/node main", "+/home/u/libnet.so connect_all");
}

static void what_package_managers_bring_is_not_ones_own(void **state)
{
	(void)state;
	MARKED(OWN, "-py /usr/lib/python3.11/socket.py", "-py /v/lib/python3.11/site-packages/requests/api.py",
	       "-py /usr/lib/python3/dist-packages/urllib3/connection.py", "+py /srv/app.py", "+py <string>");
	MARKED(OWN, "-/v/lib/python3.11/site-packages/_fast.so", "-/app/node_modules/x/build/x.node",
	       "+/srv/extension.so");
}

static void code_without_a_module_is_nobodys(void **state)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + sizeof *symbols->list);
	(void)state;
	symbols->n = 1;
	symbols_mark_user_code(symbols);
	assert_false(symbols->list[0].own);
	free(symbols);
}

static void own_frames_alone_count_where_there_are_any(void **state)
{
	(void)state;
	MARKED(COUNTS, "-py /v/lib/python3.11/site-packages/requests/api.py", "+py /srv/app.py", "-/srv/extension.so");
	MARKED(COUNTS, "+py /v/lib/python3.11/site-packages/requests/api.py", "-py /usr/lib/python3.11/socket.py");
	MARKED(COUNTS, "-/usr/bin/client connect_to", "+/home/u/libplugin.so");
	MARKED(COUNTS, "+/usr/lib/jvm/lib/libnet.so", "+/usr/lib/jvm/bin/java main", "-/lib/libc.so.6");
}

static void the_users_word_comes_before_the_rule(void **state)
{
	(void)state;
	user_code_except("^/usr/lib/shop/", true);
	user_code_except("/srv/vendor/", false);
	MARKED(OWN, "+/usr/lib/shop/libshop.so", "-/usr/lib/libz.so", "-/srv/vendor/libx.so", "+/srv/server main",
	       "-/srv/server /srv/vendor/x.c:f", "-py /srv/vendor/x.py");
	user_code_except("/srv/vendor/ours/", true);
	MARKED(OWN, "+py /srv/vendor/ours/x.py", "-py /srv/vendor/theirs/x.py");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_c_library_is_not_the_users),
		cmocka_unit_test(the_start_code_of_a_stripped_program_is_not_the_users),
		cmocka_unit_test(libraries_of_the_machine_are_not_the_users_where_there_is_other_code),
		cmocka_unit_test(templates_of_the_cpp_library_are_not_the_users),
		cmocka_unit_test(python_comes_before_c),
		cmocka_unit_test(the_standard_library_of_python_is_not_the_users),
		cmocka_unit_test(the_libraries_of_ruby_and_perl_are_not_the_users),
		cmocka_unit_test(an_interpreter_without_python_frames_is_not_the_users),
		cmocka_unit_test(what_lies_in_the_system_is_not_ones_own),
		cmocka_unit_test(the_jdk_and_what_runs_tests_is_not_ones_own),
		cmocka_unit_test(what_was_built_from_own_sources_is_ones_own),
		cmocka_unit_test(an_interpreter_is_not_ones_own_wherever_it_is_installed),
		cmocka_unit_test(what_package_managers_bring_is_not_ones_own),
		cmocka_unit_test(code_without_a_module_is_nobodys),
		cmocka_unit_test(own_frames_alone_count_where_there_are_any),
		cmocka_unit_test(the_users_word_comes_before_the_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
