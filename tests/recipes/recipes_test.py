"""The recipes of docs/ for test runners, run as they are printed: a test that leaks fails, one that closes passes.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import recipe  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.14)
project(example C)
enable_testing()
foreach(name closes_test leaks_test)
  add_executable(${name} ${name}.c)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
"""

MESON_BUILD = """
project('example', 'c', default_options: ['buildtype=debug'])
foreach name : ['closes_test', 'leaks_test']
  test(name, executable(name, name + '.c'))
endforeach
"""

POM = """
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  <artifactId>server</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>org.junit.jupiter</groupId>
      <artifactId>junit-jupiter</artifactId>
      <version>JUNIT</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
  <build>
    <plugins>PLUGINS
    </plugins>
  </build>
</project>
"""

PLUGIN = """
      <plugin>
        <artifactId>maven-{}-plugin</artifactId>
        <version>{}</version>
      </plugin>"""

JUNIT_TESTS = """package com.example;

import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class ServerTest {
	static Socket kept;

	@Test
	void closes() throws Exception {
		try (ServerSocket server = new ServerSocket(0); Socket client = new Socket("127.0.0.1", server.getLocalPort())) {
			server.accept().close();
		}
	}

	@Test
	void leaks() throws Exception {
		try (ServerSocket server = new ServerSocket(0)) {
			kept = new Socket("127.0.0.1", server.getLocalPort());
			server.accept().close();
		}
	}
}
"""
JUNIT_LEAK = r"error\[never-closed\].*\n +--> (src/test/java/)?com/example/ServerTest\.java:20 in com\.example\.ServerTest\.leaks\n"
DEBIAN_MAVEN = "/usr/share/maven-repo/org"


def debian_version(artifact):
    """The newest version of an artifact in Debian's repository, which needs no network; None: it is not at hand."""
    numbers = [path.name for path in pathlib.Path(DEBIAN_MAVEN, artifact).glob("[0-9]*")]
    return max(numbers, key=lambda number: [int(part) for part in re.findall(r"\d+", number)], default=None)


class Recipes(SockSanTest):
    def setUp(self):
        """A project of two tests, and a PATH where `socksan` is found."""
        super().setUp()
        os.mkdir(f"{self.tmp}/bin")
        os.symlink(socksan(), f"{self.tmp}/bin/socksan")
        for name in ("closes_test.c", "leaks_test.c"):
            shutil.copy(find("tests/bazel_example/" + name), self.tmp)
        shutil.copy(find("shim/api/socksan.h"), self.tmp)

    def write(self, name, text):
        pathlib.Path(self.tmp, name).write_text(text, encoding="utf-8")

    def sh(self, script, cwd=None):
        """Status and all that was said."""
        env = self.environment(PATH=f"{self.tmp}/bin:/usr/sbin:/usr/bin:/sbin:/bin", CFLAGS=f"-g -I{self.tmp}",
                               PYTHONDONTWRITEBYTECODE="1")
        status, stdout, stderr = self.finish(self.start(["/bin/sh", "-ec", script], cwd=cwd or self.tmp, env=env))
        return status, stdout + stderr

    def test_ctest(self):
        self.write("CMakeLists.txt", CMAKE_LISTS)
        status, said = self.sh(recipe("ctest"))
        self.assertNotEqual(status, 0, said)
        self.assertRegex(said, r"closes_test \.+ +Passed")
        self.assertRegex(said, r"leaks_test \.+\*+Failed")
        self.assertRegex(said, r"error\[never-closed\](.*\n)*.*leaks_test\.c:\d+ in forgets_one")

    def test_meson(self):
        self.write("meson.build", MESON_BUILD)
        status, said = self.sh(recipe("meson"))
        self.assertNotEqual(status, 0, said)
        self.assertRegex(said, r"closes_test +OK")
        self.assertRegex(said, r"leaks_test +FAIL .*exit status 23")
        self.assertRegex(said, r"error\[never-closed\](.*\n)*.*leaks_test\.c:\d+ in forgets_one")

    def test_make(self):
        self.write("Makefile", recipe("Makefile"))
        for name, source in (("server_test", "closes_test"), ("client_test", "leaks_test")):
            os.rename(f"{self.tmp}/{source}.c", f"{self.tmp}/{name}.c")
        self.assertEqual(self.sh("make check")[0], 0, "expected both tests to pass on their own")
        status, said = self.sh('make check RUN="socksan run --"')
        self.assertNotEqual(status, 0, said)
        self.assertRegex(said, r"socksan: no violations in 1 process(.*\n)*error\[never-closed\]")
        self.assertRegex(said, r"check\] Error 23")

    def test_maven(self):
        plugins = {name: debian_version(f"apache/maven/plugins/maven-{name}-plugin") for name in ("resources", "compiler", "surefire")}
        junit = debian_version("junit/jupiter/junit-jupiter")
        if not shutil.which("mvn") or not junit or None in plugins.values():
            self.skipTest("Maven with Surefire and JUnit 5, as Debian has them, is not at hand")
        self.write("pom.xml", POM.replace("JUNIT", junit).replace("PLUGINS", "".join(PLUGIN.format(*each) for each in plugins.items())))
        os.makedirs(f"{self.tmp}/.mvn")
        self.write(".mvn/maven.config", "-o\n-s/etc/maven/settings-debian.xml\n")
        os.makedirs(f"{self.tmp}/src/test/java/com/example")
        self.write("src/test/java/com/example/ServerTest.java", JUNIT_TESTS)
        status, said = self.sh("mvn -q test")
        self.assertEqual(status, 0, f"expected all tests to pass without SockSan\n{said}")
        status, said = self.sh(recipe("maven"))
        self.assertEqual(status, 23, said)
        self.assertRegex(said, JUNIT_LEAK)
        self.assertIn("--> src/test/java/com/example/ServerTest.java:20 ", said, "expected the file where Maven has it")
        self.assertRegex(said, r">    20 \| +kept = new Socket")
        self.assertRegex(said, r"socksan: 1 error, ")

    def test_junit(self):
        folder = "/usr/share/java"
        jars = ":".join(str(path) for pattern in ("junit-*", "apiguardian-api", "opentest4j", "picocli", "univocity-parsers")
                        for path in sorted(pathlib.Path(folder).glob(pattern + ".jar")))
        if not shutil.which("javac") or not os.path.exists(folder + "/junit-platform-console.jar"):
            self.skipTest("JUnit 5 with its console launcher is not at hand")
        self.write("ServerTest.java", JUNIT_TESTS)
        status, said = self.sh(f'javac -d classes -cp "{jars}" ServerTest.java')
        self.assertEqual(status, 0, said)
        status, said = self.sh(f'JUNIT="{jars}"\n' + recipe("junit"))
        self.assertEqual(status, 23, said)
        self.assertRegex(said, JUNIT_LEAK)

    def check_job(self, script):
        """The one line of the job that runs SockSan, in a project that leaks: status and all that was said."""
        line = [line for line in script if line.startswith("socksan run ")]
        self.assertEqual(len(line), 1, f"expected one `socksan run` among {script}")
        self.write("Makefile", "check: leaks_test\n\t./leaks_test\n")
        status, said = self.sh(line[0])
        self.assertEqual(status, 23, said)
        return said

    def test_github_actions(self):
        job = yaml.safe_load(recipe(".github/workflows/sockets.yml"))["jobs"]["sockets"]
        said = self.check_job([step["run"] for step in job["steps"] if "run" in step])
        self.assertRegex(said, r"(?m)^::error .*leaks_test\.c.*never-closed")
        uploads = [step["with"]["sarif_file"] for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
        self.assertEqual(len(uploads), 1)
        sarif = json.loads(pathlib.Path(self.tmp, uploads[0]).read_text(encoding="utf-8"))
        self.assertEqual([result["ruleId"] for result in sarif["runs"][0]["results"]], ["never-closed"])

    def test_gitlab_ci(self):
        job = yaml.safe_load(recipe(".gitlab-ci.yml"))["sockets"]
        said = self.check_job(job["script"])
        self.assertIn("error[never-closed]", said)
        reports = job["artifacts"]["reports"]
        quality = json.loads(pathlib.Path(self.tmp, reports["codequality"]).read_text(encoding="utf-8"))
        self.assertEqual([issue["check_name"] for issue in quality], ["never-closed"])
        cases = xml.etree.ElementTree.parse(pathlib.Path(self.tmp, reports["junit"])).iter("testcase")
        self.assertEqual([case.get("name") for case in cases if case.find("failure") is not None], ["never-closed"])

    def test_a_whole_suite_gives_one_report(self):
        self.write("CMakeLists.txt", CMAKE_LISTS)
        status, said = self.sh("cmake -B build && cmake --build build && cd build && socksan run -- ctest")
        self.assertEqual(status, 23, said)
        self.assertRegex(said, r"socksan: 1 error in \d+ processes")


if __name__ == "__main__":
    unittest.main()
