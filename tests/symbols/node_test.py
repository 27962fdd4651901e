"""Where it happened in Node.js: the function, file and line in JavaScript that asked for a socket, also where libuv made it later.

SPDX-License-Identifier: Apache-2.0
"""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, select  # pylint: disable=wrong-import-position

PLACES = "node_places.js"
SHUT = "setTimeout(() => process.exit(0), 50)"
LEAKS = """const net = require('net');
const server = net.createServer(function handler() {}).listen(0, '127.0.0.1', function listening() {
  net.connect(server.address().port, '127.0.0.1', () => setTimeout(() => process.exit(0), 50));
});
"""


def line(name, mark):
    """The line of a source that `line: MARK` marks."""
    for number, text in enumerate(find("tests/symbols/" + name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {mark}$", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(*marks, name=PLACES):
    """(function, file, line) for each FUNCTION=MARK; a mark alone is its function's name."""
    found = []
    for mark in marks:
        function, _, at = mark.rpartition("=")
        found.append((function or mark, name, line(name, at)))
    return found


def is_internal(frame):
    return frame["file"].startswith("node:")


def frames_of(violation, role="opened"):
    """(function, file, line) of the frames in JavaScript, without those of Node's own, which differ from version to version."""
    return [(frame["function"], os.path.basename(frame["file"]), frame["line"]) for frame in violation["stacks"].get(role, [])
            if frame["lang"] == "javascript" and not is_internal(frame)]


RUN = "main=main_run"
MODULE = "<anonymous>=module"
# What node_places.js leaves open that it made itself, in its order.
OPENED = [
    ["client", RUN], ["named", RUN], ["constructed", RUN], ["take", "method", RUN], ["awaited"], ["second", RUN],
    ["datagram", RUN], ["sender", RUN], ["local", RUN], ["agent", RUN], ["secure", RUN], ["fetched", RUN],
    ["inWorker=worker", "<anonymous>=worker_module"],
]
ACCEPTED = [
    ["answer", "listen", "main=main_http", MODULE], ["secured", "listen", "main=main_tls"], ["accepted", "listen", "main=main_local"],
]


@unittest.skipUnless(shutil.which("node"), "no node here")
class Node(SockSanTest):
    """Each test runs the node that is in PATH."""

    def setUp(self):
        super().setUp()
        self.places = str(find("tests/symbols/" + PLACES).resolve())  # as node names it

    def opened(self, result, op, code="never-closed"):
        """The violations of a code whose sockets were made by an op, without listeners, in the order of their descriptors."""
        found = [violation for violation in result.report["violations"]
                 if violation["code"] == code and violation["history"][0]["op"] == op and violation["state"] != "LISTENING"]
        return sorted(found, key=lambda violation: violation["fds"][0])

    def test_each_place_is_named(self):
        result = self.socksan_run(["node", self.places, self.tmp])
        found = {tuple(frames_of(leak)) for leak in self.opened(result, "socket")}
        self.assertEqual({tuple(frames(*marks)) for marks in OPENED}, found, result.stderr)
        self.assertEqual(sum(leak["count"] for leak in self.opened(result, "socket")), len(OPENED), result.stderr)

    def test_each_place_is_named_also_when_files_are_judged(self):
        """V8 opens files amid its own work, and is not asked then."""
        result = self.socksan_run(["node", self.places, self.tmp], "--kinds=all")
        found = {tuple(frames_of(leak)) for leak in self.opened(result, "socket") if leak["kind"] == "socket"}
        self.assertEqual({tuple(frames(*marks)) for marks in OPENED}, found, result.stderr)

    def test_the_place_of_a_file_is_named(self):
        path = self.write("opens.js", """const fs = require('fs');
function load() {
  new Date().toLocaleString('de', { timeZone: 'Asia/Tokyo' });
  return fs.openSync('/dev/null');
}
load();
""")
        result = self.socksan_run(["node", path], "--kinds=file")
        leaks = [violation for violation in result.report["violations"] if violation["severity"] == "error"]
        self.assertEqual([[("load", "opens.js", 4)]], [frames_of(leak)[:1] for leak in leaks], result.stderr)

    def test_what_fetch_keeps_after_a_request_with_a_body(self):
        """Its pool connects with none of the program's functions on the stack."""
        path = self.write("fetches.js", """const http = require('http');
const answer = (request, response) => request.resume().on('end', () => response.end('ok'));
const server = http.createServer(answer).listen(0, '127.0.0.1', async () => {
  for (const request of [{}, { method: 'POST', body: 'x' }]) {
    await (await fetch(`http://127.0.0.1:${server.address().port}/`, request)).text();
    server.closeAllConnections();
  }
  server.close();
});
""")
        result = self.socksan_run(["node", path])
        self.assertEqual(0, result.status, result.stderr)
        self.assertEqual({"note"}, {leak["severity"] for leak in self.opened(result, "socket")}, result.stderr)

    def test_an_accepted_one_is_told_by_what_takes_it_and_where_the_server_was_made(self):
        result = self.socksan_run(["node", self.places, self.tmp])
        found = {tuple(frames_of(leak)) for leak in self.opened(result, "accept4")}
        self.assertEqual({tuple(frames(*marks)) for marks in ACCEPTED}, found, result.stderr)

    def test_each_server_has_its_own_function(self):
        file = self.write("servers.js", """const net = require('net');
const handlers = [
  function first() {},
  function second() {},
];
const servers = handlers.map((handler) => net.createServer(handler).listen(0, '127.0.0.1'));
setTimeout(() => servers.forEach((server) => net.connect(server.address().port, '127.0.0.1')), 20);
setTimeout(() => process.exit(0), 200);
""")
        result = self.socksan_run(["node", file])
        found = sorted(frames_of(leak)[0] for leak in self.opened(result, "accept4"))
        self.assertEqual([("first", "servers.js", 3), ("second", "servers.js", 4)], found, result.stderr)

    def test_servers_that_look_for_their_address_at_once(self):
        file = self.write("looking.js", """const net = require('net');
require('dns').lookup('localhost', () => {});
net.createServer().listen(0, 'localhost');
net.createServer().listen(0, '127.0.0.1');
net.createServer().listen(0);
net.createServer().listen(0, '127.0.0.1');
net.createServer().listen(0, 'localhost');
setTimeout(() => process.exit(0), 500);
""")
        result = self.socksan_run(["node", file])
        found = sorted(frames_of(leak)[0] for leak in result.report["violations"] if leak["cause"] == "listener")
        self.assertEqual([("<anonymous>", "looking.js", at) for at in range(3, 8)], found,
                         f"expected each listener at its own line, in whichever order their addresses are known\n{result.stderr}")

    def test_a_listener_is_told_by_where_it_was_made(self):
        result = self.socksan_run(["node", self.places, self.tmp])
        found = [frames_of(leak) for leak in result.report["violations"] if leak["cause"] == "listener"]
        self.assertIn(frames("listen", "main=main_http", MODULE), found, result.stderr)
        self.assertIn(frames("listen", "main=main_tls"), found, result.stderr)

    def test_it_is_the_headline_and_own_code(self):
        result = self.socksan_run(["node", self.places, self.tmp])
        self.assertEqual(23, result.status, result.stderr)
        self.assertIn(f"{PLACES}:{line(PLACES, 'take')} in take\n", result.stderr, "expected the place to be told by the line")
        for leak in result.report["violations"]:
            for frame in leak["stacks"]["opened"]:
                if frame["lang"] == "javascript" and is_internal(frame):
                    self.assertFalse(frame.get("own"), f"expected Node's own code not to be the user's: {frame}")

    def test_what_a_worker_leaves_its_end_closes(self):
        result = self.socksan_run(["node", self.places, self.tmp])
        leak, = [leak for leak in self.opened(result, "socket") if leak["cause"] == "interpreter-end"]
        self.assertEqual(frames("inWorker=worker", "<anonymous>=worker_module"), frames_of(leak))

    def test_a_connection_that_node_keeps_for_the_next_request_is_nodes(self):
        file = self.write("kept.js", """const http = require('http');
const agent = new http.Agent({ keepAlive: true });
const server = http.createServer((request, response) => response.end('hi')).listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  await (await fetch(url)).text();
  await new Promise((done) => http.get(url, { agent }, (response) => response.resume().on('end', done)));
  process.exit(0);
});
""")
        result = self.socksan_run(["node", file])
        kept = self.opened(result, "socket")
        self.assertEqual([("note", False)] * 2, [(leak["severity"], leak["own"]) for leak in kept],
                         f"expected the program not to answer for what fetch and an agent keep\n{result.stderr}")

    def test_silent_when_each_is_closed(self):
        result = self.socksan_run(["node", self.places, self.tmp, "fixed"])
        self.assertEqual(0, result.status, result.stderr)
        self.assert_silent(result)
        self.assert_all_read(result)

    def test_a_file_that_the_collector_closes(self):
        """V8 asks for it when it has thrown the handle away; Node warns. Its threads open it, so no line is known."""
        path = self.write("drops.js", """const { open } = require('fs').promises;
(async () => {
  await (await open('/dev/null')).close();
  await open('/dev/null');
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setTimeout(resolve, 20));
    gc();
  }
})();
""")
        result = self.socksan_run(["node", "--expose-gc", path], "--kinds=file")
        self.assert_violation(result, "gc-closed", severity="note")

    def test_by_preload_alone(self):
        result = self.preload(["node", self.places, self.tmp])
        told = {frame for stack in select(result.traces, ev="stack") for frame in stack.get("js", [])}
        for mark in ("client", "second", "datagram", "agent", "secure", "fetched", "worker", "answer"):
            self.assertTrue(any(frame.startswith(f"{self.places}:{line(PLACES, mark)}:") for frame in told),
                            f"expected a frame at the line '{mark}'\n{told}")

    def leaks(self, *argv, stdin=None, file=None, handler="handler"):
        """Both ends of the connection that LEAKS leaves, run in some way."""
        result = self.socksan_run(["node", *argv], stdin=stdin or subprocess.DEVNULL)
        client, = self.opened(result, "socket")
        accepted, = self.opened(result, "accept4")
        self.assertEqual([("listening", file, 3)], frames_of(client)[:1], f"{argv}\n{result.stderr}")
        self.assertEqual([(handler, file, 2), ("<anonymous>", file, 2)], frames_of(accepted)[:2], f"{argv}\n{result.stderr}")

    def write(self, name, text):
        path = pathlib.Path(self.tmp, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_a_module_has_its_path(self):
        module = LEAKS.replace("const net = require('net')", "import net from 'net'")
        self.leaks(self.write("a mödule%20#.mjs", module), file="a mödule%20#.mjs")
        self.leaks("--input-type=module", "-e", module, file="[eval1]")

    def test_a_program_in_no_file(self):
        self.leaks("-e", LEAKS, file="[eval]")
        with open(self.write("leaks.js", LEAKS), encoding="utf-8") as stdin:
            self.leaks(stdin=stdin, file="[stdin]")

    def test_workers(self):
        file = self.write("leaks.js", LEAKS)
        self.leaks("-e", f"new (require('worker_threads').Worker)({json.dumps(file)})", file="leaks.js")
        self.leaks("-e", f"new (require('worker_threads').Worker)({json.dumps(LEAKS)}, {{ eval: true }})", file="[worker eval]")

    def test_after_a_collection(self):
        collects = "for (let i = 0; i < 9; i++) gc({ type: i % 2 ? 'minor' : 'major' });"
        body = LEAKS.replace("listening() {", "listening() { " + collects).replace("handler() {", "handler() { gc();")
        self.leaks("--expose-gc", self.write("collects.js", body + collects), file="collects.js")

    def test_an_address_that_is_tried_after_a_time(self):
        deaf = socket.socket(socket.AF_INET6)
        self.addCleanup(deaf.close)
        deaf.bind(("::1", 0))
        deaf.listen(0)
        for _ in range(3):  # which leaves no room for one more
            filler = socket.socket(socket.AF_INET6)
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        file = self.write("second.js", f"""const net = require('net');
const lookup = (host, options, callback) => callback(null, [{{ address: '::1', family: 6 }}, {{ address: '127.0.0.1', family: 4 }}]);
const server = net.createServer((socket) => socket.resume()).listen({deaf.getsockname()[1]}, '127.0.0.1', () => {{
  net.connect({{ port: server.address().port, host: 'either', lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 20 }},
    () => process.exit(0));
}});
""")
        result = self.socksan_run(["node", file])
        client, = self.opened(result, "socket")
        self.assertEqual([("<anonymous>", "second.js", 4)], frames_of(client), result.stderr)

    def test_packages_are_not_the_users_own(self):
        os.makedirs(f"{self.tmp}/node_modules/pool")
        self.write("node_modules/pool/index.js", "exports.take = (port) =>\n  require('net').connect(port, '127.0.0.1');\n")
        file = self.write("uses.js", "const server = require('net').createServer((s) => s.resume()).listen(0, () => {\n"
                                     "  require('pool').take(server.address().port);\n" + SHUT + ";\n});\n")
        result = self.socksan_run(["node", file])
        leak, = self.opened(result, "socket")
        self.assertEqual(["index.js", "uses.js"], [file for _, file, _ in frames_of(leak)])
        self.assertIn("uses.js:2 in <anonymous>\n", result.stderr, "expected the user's line, not the package's")

    def test_a_place_that_is_gone_is_still_the_programs(self):
        file = self.write("queue.js", """const http = require('http');
const server = http.createServer((request, response) => response.end('x')).listen(0, '127.0.0.1', () => {
  const agent = new http.Agent({ maxSockets: 1 });
  const where = { agent, port: server.address().port, host: '127.0.0.1', headers: { connection: 'close' } };
  http.get(where, (response) => response.resume());
  http.get({ ...where, headers: { connection: 'keep-alive' } }, () => process.exit(0));
});
""")
        result = self.socksan_run(["node", file])
        client, = self.opened(result, "socket")
        self.assertEqual([], frames_of(client), "expected the agent to make the second socket when the first is closed")
        self.assertEqual(("error", 23), (client["severity"], result.status), result.stderr)

    def test_both_closes_of_a_descriptor_are_named(self):
        file = self.write("descriptor.js", "const net = require('net');\nconst fd = +process.argv[2];\n"
                                           "const socket = new net.Socket({ fd });\nsocket.destroy();\n"
                                           "socket.on('close', () => { try { require('fs').closeSync(fd); } catch {} });\n")
        shell = f"import os,socket\na,b=socket.socketpair()\na.set_inheritable(True)\nos.execvp('node',['node',{file!r},str(a.fileno())])"
        result = self.socksan_run([sys.executable, "-c", shell])
        twice, = [violation for violation in result.report["violations"] if violation["code"] == "double-close"]
        self.assertEqual([("<anonymous>", "descriptor.js", 5)], frames_of(twice, "at"), result.stderr)
        self.assertEqual([("<anonymous>", "descriptor.js", 4)], frames_of(twice, "closed"), result.stderr)


# Dials from places that differ in as little as they can: the branch, the column, who called the caller, in what run of JavaScript.
TWINS = """const net = require('net');
function dial(port) { net.connect(port, '127.0.0.1'); }
function branches(port, i) {
  globalThis.gc?.({ type: i % 2 ? 'minor' : 'major' });
  if (i % 3) dial(port);
  else dial(port);
  dial(port); dial(port);
}
function one(port, i) { branches(port, i); }
function two(port, i) { branches(port, i); }
async function later(port, i) {
  await null;
  (i % 2 ? one : two)(port, i);
}
const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1', async function listening() {
  const { port } = server.address();
  for (let i = 0; i < 30; i++) (i % 2 ? one : two)(port, i);
  for (let i = 0; i < 30; i++) await later(port, i);
  setTimeout(() => process.exit(0), 100);
});
"""


@unittest.skipUnless(shutil.which("node"), "no node here")
class Twins(SockSanTest):
    """A stack that differs from the one before in one place is told as another, however V8 runs the code."""

    def check(self, *flags):
        file = pathlib.Path(self.tmp, "twins.js")
        file.write_text(TWINS, encoding="utf-8")
        result = self.preload(["node", *flags, str(file)])
        if "bad option" in result.stderr:
            self.skipTest(f"this version has no {flags}")
        self.assertEqual((0, "", ""), (result.status, result.stdout, result.stderr))
        stacks = {stack["id"]: [frame.split("twins.js:")[1] for frame in stack.get("js", []) if "twins.js:" in frame]
                  for stack in select(result.traces, ev="stack")}
        made = [stacks[event["stack"]] for event in select(result.traces, ev="fd", op="socket") if event["family"] == "AF_INET"]
        expected = []
        for outer in (["17:51 listening"], ["13:22 later"]):
            for i in range(30):
                caller = "9:25 one" if i % 2 else "10:25 two"
                for branch in ("5:14 branches" if i % 3 else "6:8 branches", "7:3 branches", "7:15 branches"):
                    expected.append(["2:27 dial", branch, caller, *outer])
        self.assertEqual(expected, made[1:], "expected the places in the order of the calls, behind the listener")

    def test_as_it_comes(self):
        self.check()

    def test_in_the_interpreter(self):
        self.check("--no-opt", "--no-sparkplug")

    def test_compiled_by_the_line(self):
        self.check("--always-sparkplug", "--no-opt")

    def test_optimized_soon(self):
        self.check("--interrupt-budget=1000")

    def test_while_it_collects(self):
        self.check("--expose-gc")


def vlq(*numbers):
    """A segment of a source map."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = ""
    for number in numbers:
        rest = (abs(number) << 1) | (number < 0)
        while rest > 31:
            text += digits[rest & 31 | 32]
            rest >>= 5
        text += digits[rest]
    return text


@unittest.skipUnless(shutil.which("node"), "no node here")
class SourceMaps(SockSanTest):
    """Where a source map is at hand, a place is told in what the JavaScript was made of."""

    SOURCE = ["// what it is written in", "interface Pool {}", "", "function lose(port: number): void {",
              "  net.connect(port, '127.0.0.1');", "}"]
    BEFORE = "const net = require('net');\n"
    AFTER = ("const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1', () => {\n"
             "  lose(server.address().port);\n" + SHUT + ";\n});\n")

    def lost(self, generated, source):
        """The frames of what generated code loses in lose(), once the source map is where `generated` says."""
        os.makedirs(f"{self.tmp}/src", exist_ok=True)
        os.makedirs(f"{self.tmp}/dist", exist_ok=True)
        pathlib.Path(self.tmp, "src/pool.ts").write_text("\n".join(self.SOURCE) + "\n", encoding="utf-8")
        pathlib.Path(self.tmp, "dist/pool.js").write_text(generated, encoding="utf-8")
        result = self.socksan_run(["node", f"{self.tmp}/dist/pool.js"])
        leak, = [leak for leak in result.report["violations"] if leak["history"][0]["op"] == "socket" and leak["cause"] != "listener"]
        frame = [frame for frame in leak["stacks"]["opened"] if frame.get("function") == "lose"][0]
        self.assertEqual((os.path.join(self.tmp, source), 5), (frame["file"], frame["line"]), result.stderr)
        return result

    @staticmethod
    def source_map(lines, **keys):
        """A map of these lines, each a list of segments, whose source is pool.ts."""
        mappings = ";".join(",".join(segments) for segments in lines)
        return json.dumps({"version": 3, "sources": ["../src/pool.ts"], "names": [], "mappings": mappings, **keys})

    def by_lines(self, **keys):
        """As tsc writes it: lines 2 to 4 are 4 to 6 of the source, and the call in the second begins where it does there."""
        return self.source_map([[], [vlq(0, 0, 3, 0)], [vlq(2, 0, 1, 2), vlq(4, 0, 0, 4)], [vlq(0, 0, 1, -6)]], **keys)

    GENERATED = BEFORE + "function lose(port) {\n  net.connect(port, '127.0.0.1');\n}\n" + AFTER

    def test_a_file_that_it_names(self):
        os.makedirs(f"{self.tmp}/maps dir")
        pathlib.Path(self.tmp, "maps dir/pool.map").write_text(self.by_lines(), encoding="utf-8")
        result = self.lost(self.GENERATED + "//# sourceMappingURL=../maps%20dir/pool.map\n", "src/pool.ts")
        self.assertIn("net.connect(port, '127.0.0.1');", result.stderr)
        self.assertIn("src/pool.ts:5 in lose\n", result.stderr, "expected the headline to be in TypeScript")

    def test_a_file_beside_it(self):
        os.makedirs(f"{self.tmp}/dist")
        pathlib.Path(self.tmp, "dist/pool.js.map").write_text(self.by_lines(sources=["pool.ts"], sourceRoot="../src"), encoding="utf-8")
        self.lost(self.GENERATED, "src/pool.ts")

    def test_in_the_file(self):
        encoded = base64.b64encode(self.by_lines().encode()).decode()
        self.lost(self.GENERATED + f"//# sourceMappingURL=data:application/json;charset=utf-8;base64,{encoded}\n", "src/pool.ts")

    def test_many_statements_in_one_line(self):
        program = "const net=require('net');function other(){}function lose(p){net.connect(p,'127.0.0.1')}" + self.AFTER.replace("\n", "")
        call = program.index("net.connect")
        segments = [vlq(0, 0, 0, 0), vlq(call - 5, 0, 3, 0), vlq(4, 0, 1, 2), vlq(20, 0, 1, 0)]
        encoded = base64.b64encode(self.source_map([segments]).encode()).decode()
        self.lost(program + f"\n//# sourceMappingURL=data:application/json;base64,{encoded}", "src/pool.ts")

    def test_a_broken_one_is_none(self):
        for text in ("{", "[]", '{"mappings": "!!!!"}', '{"mappings": ";;gggggggggggggC"}', '{"mappings": ";;AAAA", "sources": 7}',
                     '{"mappings": ";;AADA", "sources": ["x.ts"]}', '{"mappings": ";;AAADA", "sources": [null]}'):
            os.makedirs(f"{self.tmp}/dist", exist_ok=True)
            pathlib.Path(self.tmp, "dist/pool.js.map").write_text(text, encoding="utf-8")
            generated = self.BEFORE + "\n\nfunction lose(port) {\n  net.connect(port, '127.0.0.1');\n}\n" + self.AFTER
            self.lost(generated, "dist/pool.js")


# What a program can see of how it was started.
SEEN = """
const { AsyncResource, executionAsyncId } = require('async_hooks');
const { Worker } = require('worker_threads');
const fs = require('fs');
const child = require('child_process').execFileSync(process.execPath, ['-p', 'JSON.stringify([process.execArgv, process.env.NODE_OPTIONS])']);
const seen = {
  env: Object.entries(process.env).filter(([name]) => !/^(LD_PRELOAD|SOCKSAN_.*)$/.test(name)),
  argv: process.argv, execArgv: process.execArgv, cache: Object.keys(require.cache), children: module.children.length,
  flags: [...process.allowedNodeEnvironmentFlags], preloads: process._preload_modules,
  globals: Reflect.ownKeys(globalThis).map(String), process: Reflect.ownKeys(process).map(String),
  builtins: process.moduleLoadList.filter((name) => !/ (tcp_wrap|pipe_wrap|udp_wrap|cares_wrap|diagnostics_channel)$/.test(name)),
  ids: [executionAsyncId(), new AsyncResource('X').asyncId()],
  stack: new Error('x').stack, child: child.toString(), handles: process._getActiveHandles().length,
};
new Worker(`const { AsyncResource } = require('async_hooks');
require('worker_threads').parentPort.postMessage([process.execArgv, process.env.NODE_OPTIONS, new Error('x').stack,
  new AsyncResource('X').asyncId(), Object.keys(require.cache)])`, { eval: true }).on('message', (told) => {
  seen.worker = told;
  fs.stat('.', () => {
    seen.callback = new Error('x').stack;
    const server = require('net').createServer().listen(0, '127.0.0.1', () => {
      seen.listening = [new Error('x').stack, require('util').inspect(server)];
      server.close(async () => {
        await null;
        seen.promise = executionAsyncId();
        console.log(JSON.stringify(seen, null, 1).replace(/_connectionKey.*?,|async_id_symbol\\W*\\d+/g, ''));
      });
    });
  });
});
"""


@unittest.skipUnless(shutil.which("node"), "no node here")
class Unnoticed(SockSanTest):
    """A program in Node.js cannot tell that it is watched."""

    def see(self, *flags, **env):
        file = pathlib.Path(self.tmp, "seen.js")
        file.write_text(SEEN, encoding="utf-8")
        command = ["node", *flags, str(file)]
        bare = self.bare(command, env=self.environment(**env))
        self.assertEqual(0, bare.status, bare.stderr)
        watched = self.preload(command, env=env)
        self.assertEqual((bare.status, bare.stdout.splitlines(), bare.stderr),
                         (watched.status, watched.stdout.splitlines(), watched.stderr))
        told = self.socksan_run(command, "--fail-on=never", env=self.environment(**env))
        self.assertEqual((bare.status, bare.stdout.splitlines()), (told.status, told.stdout.splitlines()))
        self.assertTrue(any("js" in stack for stack in select(watched.traces, ev="stack")), "expected frames of JavaScript nonetheless")

    def test_by_what_it_sees(self):
        self.see()

    def test_node_options_are_the_hosts(self):
        self.see(NODE_OPTIONS="--no-warnings --max-old-space-size=300")

    def test_arguments_of_the_interpreter(self):
        self.see("--disable-proto=throw", "--frozen-intrinsics", "--no-warnings")

    def test_a_snapshot_of_its_heap_can_be_built(self):
        file = pathlib.Path(self.tmp, "main.js")
        file.write_text("require('v8').startupSnapshot.setDeserializeMainFunction(() => console.log('restored'));\n", encoding="utf-8")
        blob = f"--snapshot-blob={self.tmp}/blob"
        built = self.preload(["node", blob, "--build-snapshot", str(file)])
        self.assertEqual((0, ""), (built.status, built.stderr))
        self.assertEqual("restored\n", self.preload(["node", blob]).stdout)

    def test_an_addon_has_its_own_functions(self):
        """Its napi_register_module_v1 is asked for by name, and the shim has one too."""
        addon = pathlib.Path(self.tmp, "é %20 b.node")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(addon), str(find("tests/symbols/node_addon.c"))], check=True)
        command = ["node", "-p", f"Object.keys(require({str(addon)!r})).join()"]
        self.assertEqual("answer\n", self.bare(command).stdout)
        self.assertEqual("answer\n", self.preload(command).stdout, "expected what the addon exports, and not what the shim does")

    def test_promises_are_not_watched(self):
        program = ("const { performance } = require('perf_hooks');const { executionAsyncId } = require('async_hooks');"
                   "Promise.resolve().then(() => console.log(executionAsyncId()));")
        self.assertEqual("0\n", self.preload(["node", "-e", program]).stdout, "expected promises without numbers, as they are without a hook")


# What a program sees of its stack's end, met at each depth within what makes a handle, a request, a tick: the errors' names.
EDGES = """
const net = require('net');
const calls = [
  () => new net.Socket().on('error', () => {}).connect(1, '127.0.0.1').destroy(),
  () => net.createServer().listen(0, '127.0.0.1').close(),
  () => net.createServer().listen(0).close(),
  () => require('dgram').createSocket('udp4').close(),
  () => require('fs').readFile('/dev/null', () => {}),
  () => require('dns').lookup('localhost', () => {}),
  () => process.nextTick(() => {}),
  () => clearTimeout(setTimeout(() => {}, 1)),
  () => require('crypto').randomBytes(8, () => {}),
];
process.on('uncaughtException', (error) => seen.add('uncaught ' + error));
const seen = new Set();
for (const call of calls) call();
for (let pad = 0; pad < 6; pad++) {
  const names = Array.from({ length: pad }, (_, i) => 'a' + i);
  const deep = new Function('n', 'call', ...names, `if (n === 0) return call(); return this(n - 1, call${names.map((name) => ', ' + name).join('')});`);
  const dive = (n, call) => deep.call(function again(n, call, ...rest) { return deep.call(again, n, call, ...rest); }, n, call);
  let fits = 1;
  for (let step = 1 << 17; step; step >>= 1) {
    try {
      dive(fits + step, () => {});
      fits += step;
    } catch {}
  }
  for (const call of calls) {
    for (let n = fits - 60; n <= fits; n++) {
      try {
        dive(n, call);
      } catch (error) {
        seen.add(error === undefined ? 'undefined' : error.name);
      }
    }
  }
}
setTimeout(() => {
  console.log([...seen].sort().join());
  process.exit(0);
}, 200);
"""


@unittest.skipUnless(shutil.which("node"), "no node here")
class Edge(SockSanTest):
    """A stack that ends within what Node does for a handle ends as it does without the shim."""

    def test_each_depth(self):
        file = pathlib.Path(self.tmp, "edges.js")
        file.write_text(EDGES, encoding="utf-8")
        command = ["node", "--no-opt", "--no-sparkplug", "--no-maglev", str(file)]  # so that a function's frame has one size
        bare = self.bare(command)
        self.assertEqual((0, "RangeError\n"), (bare.status, bare.stdout), bare.stderr)
        for _ in range(3):
            watched = self.preload(command)
            self.assertEqual((0, "RangeError\n"), (watched.status, watched.stdout), watched.stderr)


# Workers that open, close and end while V8 collects, and a process that ends amid that.
STRESS = "node_stress.js"


@unittest.skipUnless(shutil.which("node"), "no node here")
class Stress(SockSanTest):
    """Nothing that V8 does at the same time disturbs it."""

    def stress(self, *args):
        result = self.preload(["node", "--expose-gc", str(find("tests/symbols/" + STRESS)), *args])
        self.assertEqual((0, "", ""), (result.status, result.stdout, result.stderr))
        return result

    def test_workers_that_end_while_it_collects(self):
        self.stress("60", "8")

    def test_a_process_that_ends_meanwhile(self):
        for _ in range(3):
            self.stress("40", "6", "exit")


if __name__ == "__main__":
    unittest.main()
