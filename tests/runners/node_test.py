"""node-socksan as a team uses it: the tarball of `./dev packages`, installed by npm, with node:test and with mocha.

SPDX-License-Identifier: Apache-2.0
"""

import re
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from runners import RunnerTest  # pylint: disable=wrong-import-position

HEAD = """
const net = require('node:net');
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { ignore } = require('node-socksan');
const kept = [];
if (process.version.startsWith('v18.')) setTimeout(() => process.exit(), 3000).unref(); // which has no --test-force-exit
async function listen() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	kept.push(server);
	return server;
}
async function connect(server) {
	const client = net.connect(server.address().port, '127.0.0.1');
	await once(client, 'connect');
	return client;
}
const close = (server) => new Promise((done) => server.close(done));
"""
NODE = "const { test, describe, it, before, after, beforeEach, afterEach } = require('node:test');" + HEAD

LEAKS = """
TEST('closes', async () => { await close(await listen()); });
TEST('leaks', async () => { await listen(); });
TEST('closes too', async () => { const server = await listen(); setTimeout(() => server.close(), 20); });
"""

HOOKS = """
let server;
beforeEach(async () => { server = await listen(); });
afterEach(async () => { await close(server); });
TEST('has a server', () => {});
TEST('has another', async () => { const client = await connect(server); client.destroy(); });
"""

BEFORE = """
let server;
const accepted = [];
BEFORE(async () => { server = await listen(); server.on('connection', (one) => { accepted.push(one); one.write('x'); }); });
TEST('uses it', async () => { const client = await connect(server); await once(client, 'data'); client.destroy(); });
TEST('does not', () => {});
AFTER(async () => { if (CLOSES) { accepted.forEach((one) => one.destroy()); await close(server); } });
"""

IGNORES = """
TEST('keeps a pool', async () => {
	ignore(await listen());
	const server = ignore(net.createServer().listen(0, '127.0.0.1'));
	await once(server, 'listening');
	ignore((await listen())._handle.fd);
});
"""

UNREF = """
TEST('does not wait for it', async () => { (await listen()).unref(); });
"""

FETCH = """
const http = require('node:http');
let server;
BEFORE(async () => { server = http.createServer((request, response) => response.end('x')).listen(0, '127.0.0.1'); await once(server, 'listening'); });
TEST('asks', async () => { await (await fetch(`http://127.0.0.1:${server.address().port}`)).text(); });
TEST('asks again', (context, done) => {
	http.get(`http://127.0.0.1:${server.address().port}`, (response) => response.resume().on('end', done ?? context));
});
AFTER(() => { server.closeAllConnections(); server.close(); });
"""

NESTED = """
describe('suite', () => {
	let server;
	before(async () => { server = await listen(); });
	after(async () => { await close(server); });
	it('leaks', async () => { await listen(); });
	it('has parts', async (t) => {
		const mine = await listen();
		await t.test('first', async () => { const client = await connect(mine); client.destroy(); });
		await t.test('second', async () => { await listen(); });
		t.after(() => close(mine));
	});
});
describe('at once', { concurrency: true }, () => {
	it('one', async () => { await sleep(50); await listen(); await sleep(100); });
	it('two', async () => { await sleep(100); });
});
"""

CHILD = """
const { fork } = require('node:child_process');
if (process.argv[2] === 'child') {
	listen().then(() => { process.send('up'); process.disconnect(); setTimeout(() => process.exit(0), 50); });
} else {
	test('has a child', async () => { const child = fork(__filename, ['child']); await once(child, 'message'); await once(child, 'exit'); });
}
"""


class Installed(RunnerTest):
    """The package, in a folder that node finds above that of each test."""

    @classmethod
    def setUpClass(cls):
        made = tempfile.mkdtemp(prefix="node-socksan-", dir=os.environ.get("TEST_TMPDIR"))
        cls.addClassCleanup(shutil.rmtree, made)
        cls.packages(made)
        cls.installed = made + "/installed"
        os.mkdir(cls.installed)
        subprocess.run(["npm", "install", "--offline", "--silent", "--no-audit", "--no-fund", f"--cache={made}/npm",
                        *glob.glob(made + "/*.tgz")], cwd=cls.installed, stdout=subprocess.DEVNULL, check=True)

    def setUp(self):
        super().setUp()
        os.symlink(self.installed + "/node_modules", self.tmp + "/node_modules")

    @classmethod
    def told(cls, said):
        lines = super().told(said.replace("'\n", "\n"))
        return sorted({re.sub(r"opened at /\S+/(it[\w.]+:\d+):\d+ in ", r"opened at \1 in ", line) for line in lines})


VERSION = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
OPTIONS = ["--test-reporter=tap", *([] if VERSION.startswith("v18.") else ["--test-force-exit"])]


class NodeTest(Installed):
    COMMAND = ["node", "--test", *OPTIONS, "--import=node-socksan"]

    def suite(self, text, expected, status=1, name="it.test.js"):
        for word, call in (("TEST", "test"), ("BEFORE", "before"), ("AFTER", "after")):
            text = text.replace(word + "(", call + "(")
        self.write(name, NODE + text)
        return self.check(expected, status, name)

    def test_a_test_that_leaks_fails_with_what_it_left(self):
        said = self.suite(LEAKS, ["leaks left open: LISTENING, opened at it.test.js:9 in listen"])
        self.assertRegex(said, r"(?m)^not ok \d - leaks$")
        self.assertRegex(said, r"(?m)^# pass 2$")

    def test_what_hooks_of_the_user_close_is_silent(self):
        self.suite(HOOKS, [], 0)

    def test_a_server_of_the_file_answers_for_what_it_accepts(self):
        self.suite("const CLOSES = true;" + BEFORE, [], 0)

    def test_what_a_server_of_the_file_never_closes_is_the_files(self):
        said = self.suite("const CLOSES = false;" + BEFORE, ["it.test.js left open: LISTENING, opened at it.test.js:9 in listen"])
        self.assertRegex(said, r"(?m)^# Subtest: uses it\nok ")

    def test_what_is_ignored_is_told_by_nobody(self):
        self.suite(IGNORES, [], 0)

    def test_a_handle_that_keeps_nothing_alive_is_not_told(self):
        self.suite(UNREF, [], 0)

    def test_connections_that_agents_keep_are_not_told(self):
        self.suite(FETCH, [], 0)

    @unittest.skipIf(VERSION.startswith("v18."), "a test of Node.js 18 does not know those around it")
    def test_suites_subtests_and_tests_that_run_at_once(self):
        self.suite(NESTED, ["suite > leaks left open: LISTENING, opened at it.test.js:9 in listen", "suite > has parts > second left open: LISTENING, opened at it.test.js:9 in listen",
                            "one of at once > two, at once > one left open: LISTENING, opened at it.test.js:9 in listen"])

    def test_a_process_that_a_test_forks_has_no_hooks(self):
        self.suite(CHILD, [], 0)

    def test_what_a_test_leaves_that_a_hook_failed_is_told(self):
        text = LEAKS.replace("TEST(", "test(") + "beforeEach(async (t) => { if (t.name === 'leaks') { await listen(); throw new Error('hook'); } });"
        self.write("it.test.js", NODE + text)
        self.assertEqual(self.go("it.test.js", under=False)[0], 1)
        status, said = self.go("it.test.js")
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"(?m)^# pass 2$")
        self.assertRegex(said, r"left open: descriptor \d+, LISTENING")

    def test_a_module_of_esm(self):
        self.write("it.test.mjs", "import test from 'node:test'; import net from 'node:net'; import { once } from 'node:events';\n"
                   "if (process.version.startsWith('v18.')) setTimeout(() => process.exit(), 3000).unref();\n"
                   "test('leaks', async () => { globalThis.kept = net.createServer().listen(0); await once(kept, 'listening'); });\n")
        self.check(["leaks left open: LISTENING, opened at it.test.mjs:3 in <anonymous>"], 1, "it.test.mjs")

    def test_a_file_that_is_run_without_the_runner(self):
        self.write("it.test.js", NODE + LEAKS.replace("TEST(", "test("))
        self.COMMAND = ["node", *OPTIONS, "--import=node-socksan/register"]
        self.check(["leaks left open: LISTENING, opened at it.test.js:9 in listen"], 1, "it.test.js")

    def test_a_program_that_is_no_test_is_left_alone(self):
        self.write("program.js", HEAD + "listen().then(() => { console.log('up'); process.exit(3); });")
        self.COMMAND = ["node", "--import=node-socksan"]
        status, said = self.go("program.js")
        self.assertEqual((status, said.partition("\n")[0], self.told(said)), (3, "up", []))


class Mocha(Installed):
    COMMAND = ["mocha", "--exit", "--require", "node-socksan/mocha"]

    def setUp(self):
        super().setUp()
        # Debian's mocha has there what it needs, and lies beside no project, as one that npm installs does.
        self.ENVIRONMENT = {"NODE_PATH": f"/usr/share/nodejs:{self.tmp}/node_modules"}

    def suite(self, text, expected, status=1):
        for word, call in (("TEST", "it"), ("BEFORE", "before"), ("AFTER", "after")):
            text = text.replace(word + "(", call + "(")
        self.write("it.js", HEAD + text)
        return self.check(expected, status, "it.js")

    def test_a_test_that_leaks_is_named_and_the_run_goes_on_and_fails(self):
        said = self.suite(LEAKS, ["leaks left open: LISTENING, opened at it.js:9 in listen"])
        self.assertRegex(said, r"3 passing")
        self.assertRegex(said, r"1 failing")
        self.assertIn("sockets were left open: 1", said)

    def test_what_hooks_of_the_user_close_is_silent(self):
        self.suite(HOOKS, [], 0)

    def test_a_server_of_the_suite_answers_for_what_it_accepts(self):
        self.suite("const CLOSES = true;" + BEFORE, [], 0)

    def test_what_a_server_of_the_suite_never_closes_is_told_at_the_end(self):
        self.suite("const CLOSES = false;" + BEFORE, ["mocha left open: LISTENING, opened at it.js:9 in listen"])

    def test_what_is_ignored_is_told_by_nobody(self):
        self.suite(IGNORES, [], 0)


class Tarball(Installed):
    def test_it_has_what_it_needs_and_no_more(self):
        folder = self.installed + "/node_modules/node-socksan"
        self.assertEqual(sorted(os.listdir(folder)), ["LICENSE", "index.js", "mocha.js", "package.json", "register.js", "shim.js", "windows.js"])


if __name__ == "__main__":
    unittest.main()
