"""SockSanExtension.java as a team uses it: compiled with the tests, run by JUnit 5.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from runners import RunnerTest  # pylint: disable=wrong-import-position
from socksan_test import find  # pylint: disable=wrong-import-position

JARS = [jar for pattern in ("junit-jupiter-api", "junit-jupiter-engine", "junit-jupiter-params", "junit-platform-commons", "junit-platform-engine",
                            "junit-platform-launcher", "junit-platform-console", "junit-platform-reporting", "opentest4j", "apiguardian-api",
                            "picocli", "univocity-parsers", "open-test-reporting-events", "open-test-reporting-schema")
        for jar in glob.glob(f"/usr/share/java/{pattern}.jar")]

HEAD = """
import java.net.*;
import java.nio.channels.*;
import java.util.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.extension.ExtendWith;
import socksan.SockSanExtension;

@ExtendWith(SockSanExtension.class)
class PoolTest {
	static List<Object> kept = new ArrayList<>();
	static ServerSocket open() throws Exception { return new ServerSocket(0, 5, InetAddress.getLoopbackAddress()); }
	static Socket connect(ServerSocket server) throws Exception {
		Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
		kept.add(server.accept());
		return client;
	}
"""

LEAKS = HEAD + """
	@Test void closes() throws Exception { open().close(); }
	@Test void leaks() throws Exception { kept.add(open()); }
	@Test void leaksAChannel() throws Exception { kept.add(SocketChannel.open()); }
	@Test void closesLate() throws Exception {
		ServerSocket server = open();
		new Thread(() -> { try { Thread.sleep(20); server.close(); } catch (Exception e) { throw new Error(e); } }).start();
	}
	@Test void ignores() throws Exception { kept.add(SockSanExtension.ignore(() -> open())); }
}
"""

HOOKS = HEAD + """
	ServerSocket field = open(), each;
	PoolTest() throws Exception {}
	@BeforeEach void before() throws Exception { each = open(); }
	@AfterEach void after() throws Exception { each.close(); field.close(); }
	@Test void one() {}
	@Test void two() throws Exception { try (Socket client = connect(each)) { ((Socket) kept.get(0)).close(); } }
}
"""

FIELD = HEAD + """
	ServerSocket field = open();
	PoolTest() throws Exception { kept.add(field); }
	@Test void one() {}
}
"""

CLASS = HEAD + """
	static final boolean CLOSES = %s;
	static ServerSocket server;
	@BeforeAll static void before() throws Exception { server = open(); }
	@AfterAll static void after() throws Exception {
		if (!CLOSES) return;
		server.close();
		for (Object one : kept) ((Socket) one).close();
	}
	@Test void one() throws Exception { connect(server).close(); }
	@Nested class Inner {
		@Test void two() throws Exception { connect(server).close(); }
	}
}
"""


class JUnit(RunnerTest):
    @classmethod
    def told(cls, said):
        return sorted(set(super().told(said)))

    def suite(self, text, expected, status, *settings):
        self.write("PoolTest.java", text)
        os.makedirs(self.tmp + "/classes", exist_ok=True)
        jars = ":".join(JARS)
        built = subprocess.run(["javac", "-Xlint:all,-path,-classfile,-processing,-serial", "--release=11", "-cp", jars, "-d", "classes",
                                str(find("packaging/junit/socksan/SockSanExtension.java")), "PoolTest.java"], cwd=self.tmp, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual((built.returncode, [line for line in built.stdout.split("\n") if "SockSanExtension" in line]), (0, []), built.stdout)
        self.COMMAND = ["java", "-cp", "classes:" + jars, *settings, "org.junit.platform.console.ConsoleLauncher", "--disable-banner",
                        "--disable-ansi-colors", "--details=tree"]
        return self.check(expected, status, "--select-class=PoolTest")

    def test_a_test_that_leaks_fails_with_what_it_left(self):
        said = self.suite(LEAKS, ["PoolTest.leaks() left open: LISTENING, opened at PoolTest.java:12 in PoolTest.open", "PoolTest.leaksAChannel() left open: CLOSED, opened at PoolTest.java:21 in PoolTest.leaksAChannel"], 1)
        self.assertRegex(said, r"3 tests successful")
        self.assertRegex(said, r"2 tests failed")

    def test_what_hooks_of_the_user_close_is_silent(self):
        self.suite(HOOKS, [], 0)

    def test_what_a_constructor_opens_is_its_tests(self):
        self.suite(FIELD, ["PoolTest.one() left open: LISTENING, opened at PoolTest.java:12 in PoolTest.open"], 1)

    def test_a_class_answers_for_what_it_set_up(self):
        self.suite(CLASS % "true", [], 0)

    def test_what_a_class_never_closes_is_the_classs(self):
        said = self.suite(CLASS % "false", ["class PoolTest left open: LISTENING, opened at PoolTest.java:12 in PoolTest.open", "class PoolTest left open: ESTABLISHED, opened at PoolTest.java:15 in PoolTest.connect"], 1)
        self.assertRegex(said, r"2 tests successful")

    def test_tests_that_run_at_once_share_what_they_leave(self):
        sleep = "Thread.sleep(300);"
        text = LEAKS.replace("void closes() throws Exception {", "void closes() throws Exception {" + sleep)
        text = text.replace("void leaks() throws Exception { kept.add(open());", "void leaks() throws Exception { kept.add(open()); Thread.sleep(100);")
        text = "\n".join(line for line in text.split("\n") if "@Test" not in line or "leaks()" in line or "closes()" in line)
        text = text.replace("		ServerSocket server = open();\n", "").split("		new Thread")
        self.suite(text[0] + "\n}\n", ["one of PoolTest.leaks(), PoolTest.closes() left open: LISTENING, opened at PoolTest.java:12 in PoolTest.open"], 1,
                   "-Djunit.jupiter.execution.parallel.enabled=true", "-Djunit.jupiter.execution.parallel.mode.default=concurrent",
                   "-Djunit.jupiter.execution.parallel.config.strategy=fixed", "-Djunit.jupiter.execution.parallel.config.fixed.parallelism=4")


if __name__ == "__main__":
    unittest.main()
