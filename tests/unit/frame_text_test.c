/* Whose a frame of a language is, by its text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/lang/frame_text.h"

struct frame {
	enum lang lang;
	const char *text;
};

static const struct frame users[] = {
	{LANG_python, "/home/me/app/pool.py:12 connect"},
	{LANG_python, "test_pool.py:7 test_one"},
	{LANG_javascript, "/usr/src/app/server.js:3 listen"},
	{LANG_javascript, "/home/me/app/server.mjs:3:7 listen"},
	{LANG_ruby, "/home/me/lib/pool.rb:9 open"},
	{LANG_java, "org/example/Pool.java:31 org.example.Pool.connect"},
	{LANG_java, "Main.java:3 Main.main"},
	{LANG_python, "sun/app.py:3 main"},
};

static const struct frame others[] = {
	{LANG_python, "/usr/lib/python3.11/socket.py:232 __init__"},
	{LANG_python, "/home/me/.pyenv/versions/3.11.7/lib/python3.11/socket.py:232 __init__"},
	{LANG_python,
	 "/home/me/app/.venv/lib/python3.11/site-packages/urllib3/util/connection.py:85 create_connection"},
	{LANG_python, "<frozen importlib._bootstrap>:241 _call_with_frames_removed"},
	{LANG_python, "<string>:8 <module>"},
	{LANG_javascript, "node:internal/net:12 connect"},
	{LANG_javascript, "/home/me/app/node_modules/undici/lib/core/connect.js:91 connect"},
	{LANG_ruby, "/home/me/.rbenv/versions/3.2.2/lib/ruby/3.2.0/socket.rb:61 connect_internal"},
	{LANG_perl, "/usr/share/perl/5.36/IO/Socket.pm:40 new"},
	{LANG_java, "java/net/Socket.java:633 java.net.Socket.connect"},
	{LANG_java, "sun/nio/ch/NioSocketImpl.java:327 sun.nio.ch.NioSocketImpl.connect"},
	{LANG_java, "org/junit/jupiter/engine/Node.java:12 org.junit.jupiter.engine.Node.execute"},
	{LANG_java, "kotlin/io/Closeable.kt:9 kotlin.io.Closeable.use"},
	{LANG_lua, "[C]:-1 connect"},
};

static void frames_of_the_user_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		if (!lang_users_frame(users[i].lang, users[i].text))
			fail_msg("expected \"%s\" to be the user's", users[i].text);
}

static void frames_of_others_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (lang_users_frame(others[i].lang, others[i].text))
			fail_msg("expected \"%s\" to be none of the user's", others[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_the_user_are_known),
		cmocka_unit_test(frames_of_others_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
