// Which GoogleTest test left which socket open, and where it opened it: include this in one source of a test program, or in more, and run
// it under SockSan, `socksan run -- ./pool_test`. Without SockSan this does nothing.
//
// A test answers for what it opens, from its fixture's constructor to its destructor; SetUpTestSuite() and a testing::Environment answer
// for their own, and for what their listeners accept, when they are torn down. socksan_ignore(fd) of socksan.h says that a socket is
// meant to stay open.
//
// C++11, nothing to link. The line of a place is what addr2line(1) says, where that is there.
// SPDX-License-Identifier: Apache-2.0
#ifndef SOCKSAN_GTEST_H
#define SOCKSAN_GTEST_H

#include <gtest/gtest.h>
#include <socksan.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>

namespace socksan
{

class Listener : public ::testing::EmptyTestEventListener
{
      public:
	void OnEnvironmentsSetUpEnd(const ::testing::UnitTest &) override { take(mark_, &program_); }
	void OnTestSuiteStart(const ::testing::TestSuite &) override { mark_ = socksan_mark(); }
	void OnTestStart(const ::testing::TestInfo &) override
	{
		take(mark_, &suite_);
		mark_ = socksan_mark();
	}
	void OnTestEnd(const ::testing::TestInfo &test) override
	{
		tell(std::string(test.test_suite_name()) + "." + test.name(), [this] { return left(); });
		mark_ = socksan_mark();
	}
	void OnTestSuiteEnd(const ::testing::TestSuite &suite) override
	{
		take(mark_, &suite_);
		tell(std::string("test suite ") + suite.name(), [this] { return open(suite_); });
		suite_.clear();
	}
	void OnEnvironmentsTearDownEnd(const ::testing::UnitTest &) override
	{
		tell("test environment", [this] { return open(program_); });
	}

      private:
	typedef std::map<long long, int> Sockets; // by number, their descriptors

	static Sockets since(long long mark)
	{
		Sockets found;
		for (int fd = -1; (fd = socksan_next(fd + 1, mark)) >= 0;)
			found[socksan_number(fd)] = fd;
		return found;
	}

	static Sockets open(const std::set<long long> &numbers)
	{
		Sockets found = since(0);
		for (Sockets::iterator i = found.begin(); i != found.end();)
			i = numbers.count(i->first) ? ++i : found.erase(i);
		return found;
	}

	void take(long long mark, std::set<long long> *whose)
	{
		for (const auto &one : since(mark))
			if (!told_.count(one.first) && !program_.count(one.first))
				whose->insert(one.first);
	}

	// What the test answers for that ends: not for what a listener of before it accepted.
	Sockets left()
	{
		Sockets found = since(mark_);
		for (Sockets::iterator i = found.begin(); i != found.end();) {
			long long listener = socksan_listener(i->second);
			if (program_.count(listener))
				program_.insert(i->first);
			else if (suite_.count(listener))
				suite_.insert(i->first);
			i = listener > 0 && listener <= mark_ ? found.erase(i) : ++i;
		}
		return found;
	}

	// A thread may be about to close it: 200 ms are given to it.
	template <typename Find> void tell(const std::string &whose, Find find)
	{
		Sockets found = find();
		for (int turn = 0; turn < 20 && !found.empty(); turn++) {
			usleep(10000);
			found = find();
		}
		for (const auto &one : found) {
			told_.insert(one.first);
			ADD_FAILURE() << "socksan: " << whose << " left open: " << describe(one.second);
		}
	}

	static std::string describe(int fd)
	{
		static const std::string opened = ", opened at ";
		char text[1024] = "";
		socksan_describe(fd, text, sizeof text);
		std::string all = text;
		size_t at = all.rfind(opened), plus = all.rfind("+0x");
		if (at == std::string::npos || plus == std::string::npos || plus < at)
			return all;
		at += opened.size();
		std::string line = line_of(all.substr(at, plus - at), all.substr(plus + 1));
		return line.empty() ? all : all.substr(0, at) + line;
	}

	// "FILE:LINE in FUNCTION", empty where nobody says so. No descriptor of the test's enters the other program.
	static std::string line_of(const std::string &object, const std::string &offset)
	{
		int ends[2];
		char buffer[4096];
		std::string said;
		const char *argv[] = {"addr2line", "-C", "-f", "-e", object.c_str(), offset.c_str(), NULL};
		if (pipe(ends))
			return "";
		pid_t pid = fork();
		if (pid == 0) {
			dup2(ends[1], 1);
			syscall(SYS_close_range, 2, ~0U, 0);
			execvp(argv[0], const_cast<char **>(argv));
			_exit(127);
		}
		close(ends[1]);
		for (ssize_t n; pid > 0 && (n = read(ends[0], buffer, sizeof buffer)) > 0;)
			said.append(buffer, static_cast<size_t>(n));
		close(ends[0]);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		size_t newline = said.find('\n'), end = said.find_first_of(" \n", newline + 1);
		if (newline == std::string::npos || end == std::string::npos || said.find("\n??:", newline) == newline)
			return "";
		return said.substr(newline + 1, end - newline - 1) + " in " + said.substr(0, newline);
	}

	long long mark_ = 0; // where the program, the test, or what is set up before it, began
	std::set<long long> program_, suite_,
		told_; // numbers: of environments, of the suite that runs, of those told of
};

// A printer is added where the command line is read. What a test left must be a failure before that prints how it ended, so the listener
// comes after it: the last is asked first at the end of a test.
class Start : public ::testing::Environment
{
	void SetUp() override
	{
		if (!started_)
			::testing::UnitTest::GetInstance()->listeners().Append(new Listener);
		started_ = true;
	}
	bool started_ = false; // a test program may repeat itself
};

inline bool listen()
{
	static bool once = socksan_is_active() && ::testing::AddGlobalTestEnvironment(new Start);
	return once;
}

static const bool listening __attribute__((unused)) = listen();

} // namespace socksan

#endif
