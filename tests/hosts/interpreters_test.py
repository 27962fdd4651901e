"""What the end of an interpreter closes, the program never closed: never-closed, with the cause interpreter-end. Python's programs are in
tests/programs, as never_closed_interpreter_end.

SPDX-License-Identifier: Apache-2.0
"""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest  # pylint: disable=wrong-import-position

# By interpreter: its program, how it says that it can make sockets, and the scripts. Each opens a listener and a connection to it, which the
# first leaves to the end. The others close them: in the middle, or by the program's own code while the interpreter ends.
RUBY = """
require "socket"
server = TCPServer.new("127.0.0.1", 0)
connection = TCPSocket.new("127.0.0.1", server.addr[1])
"""
PERL = """
use IO::Socket::INET;
our $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
our $connection = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport) or die;
"""
PHP = """<?php
$server = stream_socket_server("tcp://127.0.0.1:0");
$connection = stream_socket_client("tcp://" . stream_socket_get_name($server, false));
"""
LUA = """
local socket = require "socket"
server = assert(socket.bind("127.0.0.1", 0))
local host, port = server:getsockname()
connection = assert(socket.connect(host, port))
"""
INTERPRETERS = {
    "ruby": ("ruby", "require 'socket'", RUBY,
             ["server.close; connection.close", "at_exit { [server, connection].each(&:close) }",
              "Thread.new { server.close }.join; at_exit(&connection.method(:close))"]),
    "perl": ("perl", "use IO::Socket::INET;", PERL,
             ["$server->close; $connection->close;", "END { close $server; $connection->close; }", "undef $server; undef $connection;"]),
    "php": ("php", "<?php exit(function_exists('stream_socket_server') ? 0 : 1);", PHP,
            ["fclose($server); fclose($connection);", "$server = $connection = null;",
             "register_shutdown_function(function () use ($server, $connection) { fclose($server); fclose($connection); });",
             "register_shutdown_function('fclose', $server); register_shutdown_function('fclose', $connection);"]),
    "lua": ("lua5.4", "require 'socket'", LUA,
            ["server:close() connection:close()",
             "setmetatable({}, {__gc = function() server:close() connection:close() end})",
             "local last <close> = setmetatable({}, {__close = function() server:close() connection:close() end}) os.exit(0, true)"]),
}


class Interpreters(SockSanTest):
    def script(self, name, text):
        path = os.path.join(self.tmp, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run_script(self, language, text):
        program, probe, opening, _ = INTERPRETERS[language]
        if shutil.which(program) is None or self.bare([program, self.script("probe", probe)]).status != 0:
            self.skipTest(f"no {program} with sockets here")
        return self.socksan_run([program, self.script("script", opening + text)])

    def assert_left(self, language):
        result = self.run_script(language, "")
        self.assert_violation(result, "never-closed", cause="interpreter-end", severity="error")
        self.assert_violation(result, "never-closed", cause="interpreter-end", severity="warning")
        self.assert_codes(result, {"never-closed": 2})
        self.assert_all_read(result)

    def test_what_the_collector_of_lua_closes_before_its_end(self):
        result = self.run_script("lua", "server = nil connection = nil collectgarbage()")
        self.assertEqual(result.status, 0, f"expected no error\n{result.stderr}")
        self.assert_codes(result, {"gc-closed": 2})

    def test_what_ruby_makes_for_itself_in_a_forked_child_is_its_own(self):
        if shutil.which("ruby") is None:
            self.skipTest("no ruby here")
        script = self.script("forks.rb", "child = fork { File.open('/dev/null').then { $left = _1 }; exit! }\nProcess.wait child\n")
        result = self.socksan_run(["ruby", script], "--kinds=all")
        own = {(one["kind"], one["severity"]) for one in result.report["violations"] if any(frame.get("file") == script for frame in one["stacks"]["opened"])}
        self.assertIn(("file", "error"), own, "expected what the script opened to be told")
        self.assertEqual({("file", "error")}, own - {("eventfd", "note"), ("epoll", "note")}, result.stderr)

    def assert_closed(self, language):
        for text in INTERPRETERS[language][3]:
            with self.subTest(text):
                result = self.run_script(language, text)
                self.assertEqual(result.status, 0, f"expected no violation\n{result.stderr}")
                self.assert_silent(result)


def add_tests(language):
    setattr(Interpreters, f"test_what_{language}_closes_at_its_end_was_never_closed", lambda self: self.assert_left(language))
    setattr(Interpreters, f"test_what_a_{language}_program_closes_is_closed", lambda self: self.assert_closed(language))


for each in INTERPRETERS:
    add_tests(each)

# Its lua_close() is a jump, and its collector is known by its state: both need a machine that the shim knows, see shim/arch/arch.h.
if os.environ.get("SOCKSAN_GENERIC_ARCH"):
    del Interpreters.test_what_lua_closes_at_its_end_was_never_closed
    del Interpreters.test_what_the_collector_of_lua_closes_before_its_end

if __name__ == "__main__":
    unittest.main()
