/* Whose a frame of a language is, by its text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/lang/frame_text.h"

static const char *const users[] = {
	"/home/me/app/pool.py:12 connect", "test_pool.py:7 test_one",
	"/usr/src/app/server.js:3 listen", "file:///home/me/app/server.mjs:3 listen",
	"/home/me/lib/pool.rb:9 open",	   "Pool.java:31 org.example.Pool.connect",
	"Main.java:3 Main.main",
};

static const char *const others[] = {
	"/usr/lib/python3.11/socket.py:232 __init__",
	"/home/me/.pyenv/versions/3.11.7/lib/python3.11/socket.py:232 __init__",
	"/home/me/app/.venv/lib/python3.11/site-packages/urllib3/util/connection.py:85 create_connection",
	"<frozen importlib._bootstrap>:241 _call_with_frames_removed",
	"<string>:8 <module>",
	"node:internal/net:12 connect",
	"/home/me/app/node_modules/undici/lib/core/connect.js:91 connect",
	"/home/me/.rbenv/versions/3.2.2/lib/ruby/3.2.0/socket.rb:61 connect_internal",
	"/usr/share/perl/5.36/IO/Socket.pm:40 new",
	"Socket.java:633 java.net.Socket.connect",
	"NioSocketImpl.java:327 sun.nio.ch.NioSocketImpl.connect",
	"[C]:-1 connect",
};

static void frames_of_the_user_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		if (!lang_users_frame(users[i]))
			fail_msg("expected \"%s\" to be the user's", users[i]);
}

static void frames_of_others_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (lang_users_frame(others[i]))
			fail_msg("expected \"%s\" to be none of the user's", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_the_user_are_known),
		cmocka_unit_test(frames_of_others_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
