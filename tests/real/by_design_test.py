"""What runtimes do by design: suppressed by default, and only that. Java's and nginx's sockets are in their own tests too.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import signal
import unittest

from servers import RealTest, needs, until
from socksan_test import socksan  # pylint: disable=wrong-import-order

# A process is started, and a listener left open, beside what the JDK keeps.
JAVA = """import java.net.*;
public class Leak { public static void main(String[] args) throws Exception {
    new ServerSocket(0).close();
    new ProcessBuilder("true").start().waitFor();
    if (args.length > 0) { new ServerSocket(0); }
} }"""

JOURNAL = """int sd_journal_print(int priority, const char *format, ...);
#include <sys/socket.h>
__attribute__((noinline)) int mine(void) { int fd = socket(AF_UNIX, SOCK_DGRAM, 0); return fd + 1; }
int main(int n, char **args) { (void)args; return sd_journal_print(6, "a line") > 1 || (n > 1 && mine() < 0); }"""

WRAPPER = """int sd_journal_print(int priority, const char *format, ...);
#include <sys/socket.h>
int both(void) { sd_journal_print(6, "a line"); int fd = socket(AF_UNIX, SOCK_DGRAM, 0); return fd; }"""

PYTHON = """import os, sys
from multiprocessing import resource_tracker
resource_tracker.ensure_running()
def ensure_running(): os.pipe()
if len(sys.argv) > 1: ensure_running()
"""

PROCESSES = """import multiprocessing, os, sys
kept = []
def work(queue): queue.put(1)
def leak(queue):
    os.open("/dev/null", os.O_RDONLY)
    queue.put(1)
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    queue = multiprocessing.Queue()
    for target in (work, work, leak if len(sys.argv) > 2 else work):
        process = multiprocessing.Process(target=target, args=(queue,))
        process.start()
        queue.get()
        process.join()
        kept.append(process)
    queue.close()
    queue.join_thread()
"""

WAITS = """public class Waits { public static void main(String[] args) throws Exception {
    java.net.http.HttpClient.newHttpClient();
    new ProcessBuilder("true").start().waitFor();
    Runtime.getRuntime().halt(0);
} }"""

KEEPS = """const fs = require('fs');
const server = require('net').createServer().listen(0, '127.0.0.1', () => server.close());
const watcher = fs.watch('/tmp');
setTimeout(() => watcher.close(), 20);
if (process.argv.length > 2) fs.openSync('/dev/null');
"""

MEMORY = """import multiprocessing, sys, tempfile
shared = multiprocessing.Array("i", 10), multiprocessing.Value("d", 0.5)
if len(sys.argv) > 1: tempfile.mkstemp(dir=sys.argv[1])
"""


class ByDesign(RealTest):
    def write(self, name, text):
        path = pathlib.Path(self.folder("made"), name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def assert_by_design(self, command, mine, *codes, kinds="all"):
        """All that the command does is suppressed, with violations of these codes; what `mine` adds to it is not."""
        result = self.socksan_run(command, f"--kinds={kinds}")
        found = result.report["violations"]
        self.assertEqual({True}, {one["suppressed"] for one in found}, f"expected all to be suppressed\n{result.stderr}")
        self.assertEqual({"never-closed", *codes}, {one["code"] for one in found})
        self.assertEqual(0, result.status, result.stderr)
        told = self.socksan_run(command, f"--kinds={kinds}", "--no-default-suppressions").report["violations"]
        self.assertEqual({False}, {one["suppressed"] for one in told})
        if mine:
            result = self.socksan_run([*command, mine], f"--kinds={kinds}")
            self.assertIn(("never-closed", False), {(one["code"], one["suppressed"]) for one in result.report["violations"]},
                          f"expected a leak of the program's own to be told\n{result.stderr}")

    @needs("java", "javac")
    def test_the_markers_of_the_jdk(self):
        source = self.write("Leak.java", JAVA)
        self.assertEqual(0, self.bare(["javac", source]).status, "expected javac to compile")
        for option in ("-Xmx64m", "-Djdk.net.usePlainSocketImpl=true"):
            self.assert_by_design(["java", option, "-cp", os.path.dirname(source), "Leak"], "listener", kinds="socket")

    @needs("java", "javac")
    def test_the_pipes_of_a_process_that_java_waits_for_and_what_a_client_of_http_waits_with(self):
        """A thread of the JDK closes them, perhaps when the program has ended."""
        source = self.write("Waits.java", WAITS)
        self.assertEqual(0, self.bare(["javac", source]).status, "expected javac to compile")
        for _ in range(3):
            result = self.socksan_run(["java", "-Xmx64m", "-cp", os.path.dirname(source), "Waits"], "--kinds=pipe,epoll,eventfd")
            told = [one for one in result.report["violations"] if not one["suppressed"] and one["severity"] != "note"]
            self.assertEqual([], told, result.stderr)

    @needs("java", "javac")
    def test_the_modules_of_the_java_vm(self):
        self.assert_by_design(["java", "-version"], None)

    def test_the_socket_to_the_journal(self):
        program = self.compile("journal", JOURNAL, "-l:libsystemd.so.0")
        self.assert_by_design([program], "mine", kinds="socket")

    def test_what_else_is_made_at_the_same_line_is_told(self):
        """A library logs to the journal and leaks, both by one line of the program."""
        self.compile("libwrap.so", WRAPPER, "-shared", "-fPIC", "-l:libsystemd.so.0")
        program = self.compile("program", "int both(void); int main(void) { return both() < 0; }", "-g", f"{self.tmp}/libwrap.so", f"-Wl,-rpath,{self.tmp}")
        result = self.socksan_run([program], "--system=/libwrap.so")
        self.assertEqual([False, True], sorted(one["suppressed"] for one in result.report["violations"]), result.stderr)
        merged = f"{self.tmp}/merged.json"
        for n in range(2):
            self.finish(self.start([socksan(), "run", "--system=/libwrap.so", f"-ojson={self.tmp}/{n}.json", "--", program]))
        self.finish(self.start([socksan(), "merge", f"-ojson={merged}", f"{self.tmp}/0.json", f"{self.tmp}/1.json"]))
        found = json.loads(pathlib.Path(merged).read_text(encoding="utf-8"))["violations"]
        self.assertEqual([(False, 2), (True, 2)], sorted((one["suppressed"], one["count"]) for one in found))

    @needs("uwsgi-core")
    def test_the_signal_pipes_of_uwsgi(self):
        log = f"{self.folder('uwsgi')}/log"
        process = self.start_socksan(["uwsgi-core", "--master", "--processes", "2", "--socket", f"{os.path.dirname(log)}/socket", "--logto", log,
                                      "--pidfile", f"{log}.pid"], "--suppressions", self.write("probe", "bad-fd:^uwsgi_setup_inherited_sockets$\n"))
        until(lambda: os.path.exists(log) and "spawned uWSGI worker 2" in pathlib.Path(log).read_text(encoding="utf-8"), "two workers")
        os.kill(int(pathlib.Path(f"{log}.pid").read_text(encoding="utf-8")), signal.SIGQUIT)
        found = self.end_socksan(process).report["violations"]
        made = [one for one in found if one["code"] == "never-closed" and one["stacks"]["opened"][0].get("function") == "create_signal_pipe"]
        self.assertEqual({True}, {one["suppressed"] for one in made}, "expected the pipes to be there, and suppressed")

    @needs("bash")
    def test_the_script_of_bash(self):
        self.assert_by_design(["bash", self.write("script", "if [ $# -gt 0 ]; then exec 9</dev/null; fi\n:\n")], "mine")

    @needs("node")
    def test_what_the_loop_of_node_keeps(self):
        """Its set of epoll and the like are made before the script; what the script's own calls make it make is by design."""
        source = self.write("keeps.js", KEEPS)
        for mine in (False, True):
            result = self.socksan_run(["node", source, *(["mine"] if mine else [])], "--kinds=all")
            told = [(one["kind"], one["severity"], one["stacks"]["opened"][0]["function"]) for one in result.report["violations"]
                    if not one["suppressed"] and one["severity"] != "note"]
            self.assertEqual([("file", "error", "openSync")] * mine, told, result.stderr)
            kept = {one["kind"] for one in result.report["violations"] if one["suppressed"]}
            self.assertEqual({"file", "inotify"}, kept, result.stderr)

    @needs("/usr/bin/python3")
    def test_the_resource_tracker_of_python(self):
        self.assert_by_design(["/usr/bin/python3", self.write("tracker.py", PYTHON)], "mine")

    @needs("/usr/bin/python3")
    def test_the_processes_of_python(self):
        source = self.write("processes.py", PROCESSES)
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method):
                self.assert_by_design(["/usr/bin/python3", source, method], "mine")

    @needs("/usr/bin/python3")
    def test_memory_that_processes_of_python_share(self):
        self.assert_by_design(["/usr/bin/python3", self.write("memory.py", MEMORY)], self.tmp)


if __name__ == "__main__":
    unittest.main()
