"""Where it happened in PHP: the frames of a script, of its requests in php-fpm, and what PHP closes by itself.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from marks import frames, frames_of, source  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, select  # pylint: disable=wrong-import-position

FPM = shutil.which("php-fpm") or next(iter(sorted(glob.glob("/usr/sbin/php-fpm*"))), None)
CGI = shutil.which("cgi-fcgi")

# What places.php loses, in its order: the frames of each, innermost first.
PLACES = [
    ["{main}=server"],
    [r"App\connect=connect", "{main}=plain"],
    [r"App\connect=connect", r"App\Client::make=make", "{main}=static"],
    [r"App\Client::App\{closure}=closure", r"App\Client::deferred=deferred", "{main}=method"],
    [r"App\connect=connect", r"App\Client::__call=call", "{main}=magic"],
    [r"App\connect=connect", r"App\innermost=innermost", r"App\between=between", r"App\outermost=outermost", "{main}=generator"],
    [r"App\connect=connect", r"App\{closure}=fiber", "{main}=resume"],
    [r"App\connect=connect", "places.inc/{main}=included", "{main}=include"],
    None,
    [r"App\connect=connect", r"App\mapped=mapped", "{main}=map"],
    [r"App\connect=connect", r"App\recursive=deepest", *[r"App\recursive=recursive"] * 30, "{main}=deep"],
    [r"App\connect=connect", r"App\Client::__construct=construct", "{main}=anonymous"],
    [r"App\connect=connect", r"App\Client::__destruct=destruct", "{main}=dropped"],
]

LEAVES = """<?php
function lose($to) { return stream_socket_client("unix://$to"); }
$GLOBALS["kept"] = lose($_SERVER["SERVER_PATH"]);
echo "done";
"""
CLOSES = """<?php
function work($to) { $one = stream_socket_client("unix://$to"); fwrite($one, "x"); }
work($_SERVER["SERVER_PATH"]);
echo "done";
"""
PERSISTS = """<?php
$kept = pfsockopen("unix://" . $_SERVER["SERVER_PATH"]);
fwrite($kept, "x");
echo "done";
"""
POOL = """[global]
error_log = {folder}/errors
daemonize = no
[www]
listen = {folder}/fpm
pm = static
pm.max_children = 1
"""


@unittest.skipIf(shutil.which("php") is None, "no php here")
class Php(SockSanTest):
    def run_php(self, name, *args):
        return self.socksan_run(["php", str(source(name)), *args])

    def run_text(self, text, *options):
        path = pathlib.Path(self.tmp, "script.php")
        path.write_text("<?php\n" + text, encoding="utf-8")
        return self.socksan_run(["php", str(path)], *options)

    def violations(self, result, code, count):
        found = [violation for violation in result.report["violations"] if violation["code"] == code]
        self.assertEqual(count, len(found), f"expected {count} different violations of {code}\n{result.stderr}")
        return found

    def assert_clean(self, result):
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)
        self.assert_all_read(result)

    def test_each_place_is_named(self):
        result = self.run_php("places.php")
        leaks = sorted(self.violations(result, "never-closed", len(PLACES)), key=lambda leak: leak["fds"][0])
        version = int(self.bare(["php", "-r", "echo PHP_VERSION_ID;"]).stdout)
        for expected, leak in zip(PLACES, leaks):
            found = frames_of(leak, "opened", "php")
            if expected:
                if version >= 80400:  # a closure's name has no namespace there
                    expected = [frame.replace(r"App\{closure}", "{closure}") for frame in expected]
                self.assertEqual(frames("places.php", *expected), found)
            else:
                (_, file, made), = frames("places.php", "{main}=eval")
                self.assertEqual([("{main}", f"{file}({made}) : eval()'d code", 3), ("{main}", file, made)], found)
            self.assertEqual("interpreter-end", leak["cause"])
        self.assert_codes(result, {"never-closed": len(PLACES)})
        self.assertIn("places.php:7 in App\\connect\n", result.stderr, "expected the headline to name the line")

    def test_what_a_script_closes_is_closed(self):
        self.assert_clean(self.run_php("places.php", "fixed"))

    def test_what_the_collector_of_cycles_closed_is_told_from_what_code_closed(self):
        result = self.run_php("cycle.php")
        collected, = self.violations(result, "gc-closed", 1)
        self.assertEqual(frames("cycle.php", "connect", "lose", "{main}=main"), frames_of(collected, "opened", "php"))
        self.assertNotIn("at", collected["stacks"], "expected no place of the collector's, which runs anywhere")
        self.assertIn("fclose", collected["help"])
        self.assert_codes(result, {"gc-closed": 1})

    def test_no_cycle(self):
        self.assert_clean(self.run_php("cycle.php", "fixed"))

    def need(self, extension):
        if self.bare(["php", "-r", f"exit((int)!extension_loaded('{extension}'));"]).status:
            self.skipTest(f"this PHP has no {extension}")

    def test_sockets_of_an_extension(self):
        self.need("sockets")
        result = self.run_php("sockets.php")
        told = sorted((leak["count"], leak["severity"], leak["cause"], frames_of(leak, "opened", "php"))
                      for leak in self.violations(result, "never-closed", 4))
        expected = [(1, "error", ["connect", "{main}=kept"]), (1, "error", ["{main}=accepted"]), (2, "error", ["{main}=pair"]),
                    (1, "warning", ["listen", "{main}=server"])]
        self.assertEqual(sorted((count, severity, "interpreter-end", frames("sockets.php", *marks)) for count, severity, marks in expected), told)
        collected, = self.violations(result, "gc-closed", 1)
        self.assertEqual(frames("sockets.php", "connect", "lose", "{main}=lost"), frames_of(collected, "opened", "php"))
        self.assert_codes(result, {"never-closed": 5, "gc-closed": 1})
        self.assert_clean(self.run_php("sockets.php", "fixed"))

    def test_sockets_of_an_extension_in_quarantine(self):
        self.need("sockets")
        result = self.run_text('''$one = socket_create(AF_INET, SOCK_DGRAM, SOL_UDP);
socket_close($one);
$two = socket_create(AF_INET, SOCK_DGRAM, SOL_UDP);
socket_close($two);
''', "--option=quarantine=8")
        self.assert_clean(result)
        made = select(result.traces, op="socket")
        self.assertEqual(2, len({event["fd"] for event in made}), "expected the number of the first to stay out of use")

    def test_connections_that_curl_keeps_for_the_next_request_are_its_own(self):
        self.need("curl")
        result = self.run_php("curl.php")
        self.assertEqual((0, ""), (result.status, result.stdout), result.stderr)
        kept, = self.violations(result, "never-closed", 1)
        self.assertEqual(("note", False, frames("curl.php", "ask", "{main}=main")), (kept["severity"], kept["own"], frames_of(kept, "opened", "php")))

    def test_connections_of_curl_that_pile_up_are_told(self):
        self.need("curl")
        result = self.run_php("curl.php", "pile")
        kept, = self.violations(result, "never-closed", 1)
        self.assertEqual(("error", frames("curl.php", "ask", "{main}=main")), (kept["severity"], frames_of(kept, "opened", "php")))
        self.assertEqual(23, result.status, result.stderr)

    def test_what_is_persistent_is_kept_on_purpose(self):
        self.assert_clean(self.run_text("""
            $server = stream_socket_server("tcp://127.0.0.1:0");
            $kept = pfsockopen("tcp://" . stream_socket_get_name($server, false));
            fclose($server);"""))

    def test_the_library_of_a_package_manager_is_not_the_users(self):
        vendor = pathlib.Path(self.tmp, "vendor/acme/client")
        vendor.mkdir(parents=True)
        vendor.joinpath("client.php").write_text("<?php\nfunction acme() { return stream_socket_server('tcp://127.0.0.1:0'); }\n",
                                                 encoding="utf-8")
        result = self.run_text("require __DIR__ . '/vendor/acme/client/client.php';\n$kept = acme();\n")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual([("acme", "client.php", 2), ("{main}", "script.php", 3)], frames_of(leak, "opened", "php"))
        self.assertIn("script.php:3 in {main}\n", result.stderr, "expected the headline to name the user's line")

    def test_code_that_takes_the_place_of_other_code_is_told_apart(self):
        result = self.run_text("""for ($i = 0; $i < 50; $i++) {
                $kept[] = eval(str_repeat("\n", $i) . "return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);");
            }
            array_map("fclose", array_merge(...$kept));""")
        self.assert_clean(result)
        lines = {json.loads(json.dumps(stack["php"]))[0] for stack in select(result.traces, ev="stack") if "eval" in stack["php"][0]}
        self.assertEqual(50, len(lines), "expected each line of the code that was made at run time")

    def test_a_stack_is_recorded_once(self):
        result = self.run_text("""for ($i = 0; $i < 300; $i++) {
                [$one, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                fclose($one);
                fclose($other);
            }""")
        self.assert_clean(result)
        stacks = [json.dumps(stack["php"]) for stack in select(result.traces, ev="stack")]
        self.assertEqual(3, len(set(stacks)), f"expected one stack of PHP for each call\n{stacks}")
        self.assertLess(len(stacks), 10, "expected few stacks for many events")

    def test_forked_children(self):
        self.assert_clean(self.run_text("""for ($i = 0; $i < 40; $i++) {
                [$one, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                if (!($child = pcntl_fork())) {
                    $mine = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                    array_map("fclose", $mine);
                    exit(0);
                }
                pcntl_waitpid($child, $status);
                fclose($one);
                fclose($other);
            }"""))

    def test_a_first_socket_far_down(self):
        result = self.run_text("""function down($n) {
    if ($n)
        return down($n - 1);
    return stream_socket_server("tcp://127.0.0.1:0");
}
$kept = down(200);
""")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual([("down", "script.php", 5)] + [("down", "script.php", 4)] * 63, frames_of(leak, "opened", "php"))

    def test_an_exception_on_its_way(self):
        result = self.run_text("""class Left {
    function __destruct() {
        $GLOBALS["kept"] = stream_socket_server("tcp://127.0.0.1:0");
        echo debug_backtrace()[0]["line"];
    }
}
function thrower($left) {
    throw new Exception();
}
try {
    thrower(new Left());
} catch (Exception $e) {
    unset($e);
}
""")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual([("Left::__destruct", "script.php", 4), ("{main}", "script.php", int(result.stdout))],
                         frames_of(leak, "opened", "php"), "expected the lines that PHP itself tells")


@unittest.skipIf(not FPM or not CGI, "no php-fpm or no cgi-fcgi here")
class Fpm(SockSanTest):
    def serve(self):
        server = socket.socket(socket.AF_UNIX)
        server.bind(os.path.join(self.tmp, "server"))
        server.listen(64)
        accepted = []

        def accept():
            try:
                while True:
                    accepted.append(server.accept()[0])
            except OSError:
                pass
        threading.Thread(target=accept, daemon=True).start()
        self.addCleanup(lambda: [one.close() for one in [server, *accepted]])

    def request(self, name, text):
        path = pathlib.Path(self.tmp, name + ".php")
        path.write_text(text, encoding="utf-8")
        env = self.environment(SCRIPT_FILENAME=str(path), REQUEST_METHOD="GET", SERVER_PATH=os.path.join(self.tmp, "server"))
        asked = subprocess.run([CGI, "-bind", "-connect", os.path.join(self.tmp, "fpm")], env=env, stdout=subprocess.PIPE, check=False)
        self.assertIn(b"done", asked.stdout, f"{name}: expected the request to be answered")

    def run_fpm(self, *requests):
        self.serve()
        config = pathlib.Path(self.tmp, "pool")
        config.write_text(POOL.format(folder=self.tmp), encoding="utf-8")
        process = self.start_socksan([FPM, "-R", "-n", "-F", "-y", str(config)])
        for _ in range(500):
            if os.path.exists(os.path.join(self.tmp, "fpm")):
                break
            time.sleep(0.02)
        for name, text in requests:
            self.request(name, text)
        process.send_signal(signal.SIGQUIT)
        return self.end_socksan(process)

    def test_a_request_that_leaves_a_connection_names_its_line(self):
        result = self.run_fpm(*[("leaves", LEAVES), ("closes", CLOSES)] * 4)
        leaks = [leak for leak in result.report["violations"] if leak["code"] == "never-closed" and leak["own"]]
        self.assertEqual(1, len(leaks), f"expected one place of the user's\n{result.stderr}")
        self.assertEqual((4, "interpreter-end", "error"), tuple(leaks[0][key] for key in ("count", "cause", "severity")))
        self.assertEqual([("lose", "leaves.php", 2), ("{main}", "leaves.php", 3)], frames_of(leaks[0], "opened", "php"))

    def test_a_connection_that_lasts_over_requests(self):
        result = self.run_fpm(*[("persists", PERSISTS), ("closes", CLOSES)] * 3)
        self.assertEqual(0, result.status, f"expected no error\n{result.stderr}")
        opened = [stack["php"] for stack in select(result.traces, ev="stack") if any("persists" in frame for frame in stack.get("php", []))]
        self.assertTrue(opened, "expected the request that connected to be recorded")
        self.assertEqual([], [one for one in result.report["violations"] if one["severity"] == "error"], "expected no error")


if __name__ == "__main__":
    unittest.main()
