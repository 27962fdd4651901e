"""socksan_gtest.h and find_package(SockSan) as a team uses them: installed, with GoogleTest, CMake and CTest.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import shutil
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from runners import RunnerTest  # pylint: disable=wrong-import-position
from socksan_test import find, shim, socksan  # pylint: disable=wrong-import-position

TESTS = """
#include <socksan_gtest.h>

#include <arpa/inet.h>
#include <thread>

static int open_one() { return socket(AF_INET, SOCK_STREAM, 0); }

struct Server {
	int listener = open_one(), accepted = -1;
	Server() { listen(listener, 1); }
	int connect_to()
	{
		sockaddr_in at = {};
		socklen_t len = sizeof at;
		getsockname(listener, (sockaddr *)&at, &len);
		int client = socket(AF_INET, SOCK_STREAM, 0);
		EXPECT_EQ(connect(client, (sockaddr *)&at, len), 0);
		accepted = accept(listener, nullptr, nullptr);
		return client;
	}
	~Server() { close(accepted), close(listener); }
};

TEST(Plain, Closes) { close(open_one()); }

TEST(Plain, Leaks) { EXPECT_GE(open_one(), 0); }

TEST(Plain, ClosesLate)
{
	int fd = open_one();
	std::thread([fd] { usleep(20000), close(fd); }).detach();
}

TEST(Plain, Ignores) { socksan_ignore(open_one()); }

class Fixture : public testing::Test {
    protected:
	Server mine;
	static Server *shared;
	static void SetUpTestSuite() { shared = new Server; }
	static void TearDownTestSuite() { delete shared; }
};
Server *Fixture::shared;

TEST_F(Fixture, HasAServer) { close(mine.connect_to()); }

TEST_F(Fixture, SharesOne) { close(shared->connect_to()); }

class Forgets : public testing::Test {
    protected:
	static int fd;
	static void SetUpTestSuite() { fd = open_one(); }
};
int Forgets::fd;

TEST_F(Forgets, One) {}

TEST_F(Forgets, Two) {}

class Whole : public testing::Environment {
	void SetUp() override { open_one(); }
};
static testing::Environment *whole = getenv("WHOLE") ? testing::AddGlobalTestEnvironment(new Whole) : nullptr;
"""

OTHER = """
#include <socksan_gtest.h>

TEST(Other, IsClean) {}
"""

CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.14)
project(example CXX)
enable_testing()
find_package(GTest REQUIRED)
find_package(SockSan QUIET)
include(GoogleTest)
foreach(name pool_test clean_test)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} GTest::gtest_main)
  if(LISTENS AND TARGET SockSan::api)
    target_link_libraries(${name} SockSan::api)
  endif()
endforeach()
gtest_discover_tests(pool_test)
add_test(NAME clean COMMAND clean_test)
"""

PLAIN = """
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(Plain, Leaks) { EXPECT_GE(socket(AF_INET, SOCK_STREAM, 0), 0); }

TEST(Plain, Closes) { EXPECT_EQ(close(socket(AF_INET, SOCK_STREAM, 0)), 0); }
"""


class Installed(RunnerTest):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="gtest-", dir=os.environ.get("TEST_TMPDIR"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        for built, name in ((socksan(), "analyzer/socksan"), (shim(), "shim/libsocksan.so"),
                            (str(pathlib.Path(shim()).with_name("libsocksan-inject.so")), "shim/libsocksan-inject.so")):
            os.makedirs(os.path.dirname(f"{cls.home}/built/{name}"), exist_ok=True)
            os.symlink(built, f"{cls.home}/built/{name}")
        cls.prefix = cls.home + "/prefix"
        subprocess.run([find("dev"), "install", f"--prefix={cls.prefix}"], env={**os.environ, "DEV_BUILT": cls.home + "/built"},
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


class GoogleTest(Installed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, text in (("pool_test", TESTS), ("other_test", OTHER)):
            pathlib.Path(cls.home, name + ".cpp").write_text(text, encoding="utf-8")
        for compiler in ("g++", "clang++"):
            subprocess.run([compiler, "-g", "-std=c++14", "-Wall", "-Wextra", "-Werror", f"-I{cls.prefix}/include", "pool_test.cpp", "other_test.cpp",
                            "-o", "pool_test." + compiler, "-lgtest_main", "-lgtest", "-pthread"], cwd=cls.home, check=True)

    def setUp(self):
        super().setUp()
        self.COMMAND = [self.home + "/pool_test.g++", "--gtest_brief=1"]
        self.at = f"CLOSED, opened at {self.home}/pool_test.cpp:7 in open_one()"

    def test_a_test_that_leaks_fails_with_the_line_that_opened_it(self):
        said = self.check([f"Plain.Leaks left open: {self.at}"], 1, "--gtest_filter=Plain.*:Other.*")
        self.assertRegex(said, r"\[  FAILED  \] Plain\.Leaks")
        self.assertRegex(said, r"\[  PASSED  \] 4 tests")

    def test_built_by_clang(self):
        self.COMMAND[0] = self.home + "/pool_test.clang++"
        self.check([f"Plain.Leaks left open: {self.at}"], 1, "--gtest_filter=Plain.Leaks")

    def test_fixtures_that_close_are_silent(self):
        self.check([], 0, "--gtest_filter=Fixture.*")

    def test_a_suite_answers_for_what_it_set_up(self):
        said = self.check([f"test suite Forgets left open: {self.at}"], 1, "--gtest_filter=Forgets.*")
        self.assertRegex(said, r"\[  PASSED  \] 2 tests")

    def test_an_environment_answers_at_the_end(self):
        self.ENVIRONMENT = {"WHOLE": "1"}
        said = self.check([f"test environment left open: {self.at}"], 1, "--gtest_filter=Plain.Closes:Fixture.*")
        self.assertRegex(said, r"\[  PASSED  \] 3 tests")

    def test_without_addr2line_there_is_the_place_for_it(self):
        self.ENVIRONMENT = {"PATH": self.tmp}
        said = self.go("--gtest_filter=Plain.Leaks")[1]
        self.assertRegex(said, rf"socksan: Plain\.Leaks left open: descriptor \d+, CLOSED, opened at {self.home}/pool_test\.g\+\++\+0x[0-9a-f]+\n")

    def test_it_leaves_nothing_to_report_itself(self):
        result = self.socksan_run([*self.COMMAND, "--gtest_filter=Plain.Leaks:Plain.Ignores"])
        self.assert_codes(result, {"never-closed": 1})


class CTest(Installed):
    def ctest(self, *options):
        self.write("pool_test.cpp", PLAIN)
        self.write("clean_test.cpp", OTHER.replace("socksan_gtest.h", "gtest/gtest.h"))
        self.write("CMakeLists.txt", CMAKE_LISTS)
        flags = ["-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_PREFIX_PATH={self.prefix}", *options]
        env = {key: value for key, value in self.environment().items() if key != "SOCKSAN_SHIM"}  # the one that is installed is found
        for command in (["cmake", "-B", "build", *flags], ["cmake", "--build", "build"]):
            status, stdout, stderr = self.finish(self.start(command, env=env))
            self.assertEqual(status, 0, stdout + stderr)
        status, stdout, stderr = self.finish(self.start(["ctest", "--test-dir", "build", "--output-on-failure"], env=env))
        return status, stdout + stderr

    def test_each_test_runs_under_socksan(self):
        status, said = self.ctest("-DSOCKSAN_TESTS=ON")
        self.assertNotEqual(status, 0, said)
        self.assertRegex(said, r"Plain\.Leaks \.*\*+Failed")
        self.assertRegex(said, r"Plain\.Closes \.+ +Passed")
        self.assertRegex(said, r"clean \.+ +Passed")
        self.assertRegex(said, r"error\[never-closed\].*\n.*pool_test\.cpp:6 in Plain_Leaks_Test")

    def test_options_of_run(self):
        status, said = self.ctest("-DSOCKSAN_TESTS=ON", "-DSOCKSAN_RUN_OPTIONS=--fail-on=never;--require-shim")
        self.assertEqual(status, 0, said)

    def test_without_the_option_tests_run_as_they_are(self):
        status, said = self.ctest()
        self.assertEqual(status, 0, said)

    def test_without_socksan_installed_nothing_changes(self):
        status, said = self.ctest("-DCMAKE_PREFIX_PATH=/nowhere", "-DSOCKSAN_TESTS=ON")
        self.assertEqual(status, 0, said)


if __name__ == "__main__":
    unittest.main()
