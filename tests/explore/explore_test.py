"""`socksan explore`: reports exactly what programs do wrong on error paths, and nothing for their corrected twins.

A program of tests/programs/explore_* states in its opening comment what is found: lines "Finds: CALL ERROR CODE FUNCTION", of the call that
fails, and of the function that is named. "Explore:" are options of its own.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from at_once import load_tests  # pylint: disable=unused-import,wrong-import-position
from socksan_test import SockSanTest, command, find, programs, read_report, socksan  # pylint: disable=wrong-import-position

NAMES = programs("explore_") + programs("explore_", ".py")


def promise(name):
    """(options, {(call, error, code)}, {(code, function)}) of a program."""
    text = find("tests/programs/" + (name if name.endswith(".py") else name + ".c")).read_text(encoding="utf-8")
    options = re.findall(r"^[ #]\*? ?Explore: (.*)$", text, re.M)
    finds = [line.split() for line in re.findall(r"^[ #]\*? ?Finds: (.*)$", text, re.M)]
    return (shlex.split(options[0]) if options else [], {(call, error, code) for call, error, code, _ in finds},
            {(code, function) for _, _, code, function in finds})


class ExploreTest(SockSanTest):
    def explore(self, cmd, *options, status=None):
        """The JSON report."""
        path = pathlib.Path(self.tmp, f"report{len(os.listdir(self.tmp))}.json")
        result = self.bare([socksan(), "explore", "--skip=scaffold", f"--output=json={path}", *options, "--", *cmd])
        if status is not None:
            self.assertEqual(status, result.status, f"expected `socksan explore -- {cmd}` to end so\n{result.stderr}")
        self.text = result.stderr
        return read_report(path)

    @staticmethod
    def found(report):
        """{(call, error, code)} of all that was tried."""
        return {(site["call"], fault["errno"], code) for site in report["explored"]["sites"] for fault in site["faults"]
                for code in fault.get("codes", "").split()}

    @staticmethod
    def places(report):
        """{(code, function)}: of the stack that the violation is told by."""
        def function(violation):
            stack = violation["stacks"].get("opened" if violation["code"] == "never-closed" else "at", [])
            return next((frame.get("function", "").rsplit(".", 1)[-1] for frame in stack if frame.get("file", "").rpartition("/")[2].startswith("explore_")), "")
        return {(violation["code"], function(violation)) for violation in report["violations"]}

    def hold(self, name):
        options, finds, places = promise(name)
        report = self.explore(command(name), *options, status=23 if any(self.is_error(code) for _, _, code in finds) else 0)
        self.assertEqual(finds, self.found(report), f"{name}: expected exactly the failures of its comment to lead to violations\n{self.text}")
        self.assertEqual({code for code, _ in places}, {code for code, _ in self.places(report)}, f"{name}\n{self.text}")
        self.assertLessEqual({place for place in places if place[1] not in ("main", "dial")}, self.places(report) | {("", "")},
                             f"{name}: expected the violations there\n{self.text}")
        for violation in report["violations"]:
            self.assertIn((violation["injected"]["call"], violation["injected"]["errno"], violation["code"]), finds)
            self.assertLessEqual(set(violation["pids"]), {process["pid"] for process in report["processes"]},
                                 f"{name}: expected the report to have the processes that its violations name")
        return report

    @staticmethod
    def is_error(code):
        return code not in ("unreported-fault", "gc-closed", "broken-pipe", "listen-unbound")


    def hold_other(self, cmd, finds, *options):
        """A program in another language: (call, error, code)."""
        report = self.explore(cmd, *options, status=23 if finds else 0)
        self.assertEqual(finds, self.found(report), f"{cmd}: expected exactly these\n{self.text}")
        return report

    def test_quiet(self):
        """The report is in its file alone."""
        report = self.explore(command("explore_listen"), "--quiet", "--calls=listen", status=23)
        self.assertEqual("", self.text)
        self.assertIn("never-closed", {violation["code"] for violation in report["violations"]})

    def test_resume(self):
        """--resume goes on after Ctrl-C, with the processes of what was found before, and after a line that was cut as it was written."""
        ledger = pathlib.Path(self.tmp, "ledger")
        cmd, options = command("explore_send"), ("--everywhere", f"--resume={ledger}")
        process = self.start([socksan(), "explore", "--jobs=1", *options, "--", *cmd])
        end = time.monotonic() + 60
        while time.monotonic() < end and not (ledger.exists() and ledger.read_text(encoding="utf-8").count("\n") > 1):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        text = self.finish(process)[2]
        tried = ledger.read_text(encoding="utf-8").count("\n") - 1
        self.assertRegex(text, r"explored: .* not tried", "expected Ctrl-C to end it early, and a report of what was done")
        with ledger.open("a", encoding="utf-8") as file:
            file.write('{"fault":"cut')
        once = self.explore(cmd, *options, status=23)
        twice = self.explore(cmd, *options, status=23)
        self.assertGreater(tried, 0, "expected the first to have recorded what it tried")
        self.assertEqual(self.found(once), self.found(twice), "expected that nothing is lost")
        self.assertEqual(6, twice["explored"]["runs"], "expected the undisturbed runs alone, all else being recorded")
        for violation in twice["violations"]:
            self.assertLessEqual(set(violation["pids"]), {process["pid"] for process in twice["processes"]},
                                 "expected the processes of what was found before")

    def test_no_time_at_all(self):
        for option in "budget", "timeout":
            result = self.bare([socksan(), "explore", f"--{option}=0s", "--", "true"])
            self.assertEqual(125, result.status)
            self.assertIn(f"--{option}: '0s' is no time at all", result.stderr)

    def test_a_folder_that_cannot_be_passed_on_stays_empty(self):
        folder = os.path.join(self.tmp, "a:b")
        os.mkdir(folder)
        result = self.bare([socksan(), "explore", "--", "true"], env=self.environment(TMPDIR=folder))
        self.assertEqual(125, result.status)
        self.assertIn("a ':' in it; name another folder with TMPDIR", result.stderr)
        self.assertEqual([], os.listdir(folder))

    @unittest.skipUnless(shutil.which("g++"), "needs g++")
    def test_cpp(self):
        """The exception that a failure becomes passes the close by."""
        source = pathlib.Path(self.tmp, "explore_cpp.cc")
        source.write_text(CPP, encoding="utf-8")
        built = os.path.join(self.tmp, "explore_cpp")
        self.assertEqual(0, self.bare(["g++", "-g", "-o", built, str(source)]).status)
        for fixed, finds in ((), {("listen", "EADDRINUSE", "never-closed")}), (("fixed",), set()):
            report = self.hold_other([built, *fixed], finds)
            for violation in report["violations"]:
                self.assertIn("Listener::Listener", str(violation["stacks"]["opened"]))

    @unittest.skipUnless(shutil.which("node"), "needs node")
    def test_node(self):
        """What a connection was to end goes on when there is none."""
        for fixed, finds in ("", {("connect", "ECONNREFUSED", "hang-after-fault"), ("connect", "ENETUNREACH", "hang-after-fault")}), \
                            ("server.close();", set()):
            script = pathlib.Path(self.tmp, "server.js")
            script.write_text(NODE.replace("FIXED", fixed), encoding="utf-8")
            self.hold_other(["node", str(script)], finds, "--calls=connect")

    @unittest.skipUnless(shutil.which("javac"), "needs a JDK")
    def test_java(self):
        """What cannot be bound is given up, and not closed."""
        source = pathlib.Path(self.tmp, "Serve.java")
        source.write_text(JAVA, encoding="utf-8")
        self.assertEqual(0, self.bare(["javac", "-d", self.tmp, str(source)]).status)
        for fixed, finds in ((), {("bind", "EADDRINUSE", "never-closed"), ("listen", "EADDRINUSE", "never-closed")}), (("fixed",), set()):
            report = self.hold_other(["java", "-Xint", "-XX:+UseSerialGC", "-cp", self.tmp, "Serve", *fixed], finds, "--calls=bind,listen")
            for violation in report["violations"]:
                self.assertIn("Serve.java", str(violation["injected"]["stack"]), "expected the line in Java where the call failed")


CPP = r"""
#include <cstdio>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

class Listener {
      public:
        explicit Listener(bool fixed) : fd(socket(AF_INET, SOCK_STREAM, 0))
        {
                sockaddr_in at{};
                at.sin_family = AF_INET;
                at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                if (fd < 0)
                        throw std::runtime_error("socket");
                if (bind(fd, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0) {
                        close(fd);
                        throw std::runtime_error("bind");
                }
                if (listen(fd, 8) < 0) {
                        if (fixed)
                                close(fd);
                        throw std::runtime_error("listen"); /* an object that is not made has no destructor */
                }
        }
        ~Listener() { close(fd); }

      private:
        int fd;
};

int main(int argc, char **)
{
        try {
                Listener listener(argc > 1);
        } catch (const std::exception &failed) {
                std::fprintf(stderr, "%s\n", failed.what());
                return 1;
        }
        return 0;
}
"""

NODE = """
const net = require('net');
const server = net.createServer(s => s.end('hello')).listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.on('data', () => {});
        client.on('end', () => server.close());
        client.on('error', e => { console.error(e.code); process.exitCode = 1; FIXED });
});
"""

JAVA = """
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;

public class Serve {
        static ServerSocketChannel kept;

        static boolean serve(boolean fixed) throws IOException {
                ServerSocketChannel channel = kept = ServerSocketChannel.open();
                try {
                        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                } catch (IOException failed) {
                        System.err.println(failed.getMessage());
                        if (fixed)
                                channel.close();
                        return false;
                }
                channel.close();
                return true;
        }

        public static void main(String[] args) throws IOException {
                System.exit(serve(args.length > 0) ? 0 : 1);
        }
}
"""


def add(name):
    def test(self):
        self.hold(name)

    setattr(ExploreTest, f"test_{name.replace('.py', '_py')}", test)


for each in NAMES:
    add(each)

if __name__ == "__main__":
    unittest.main()
