// Leaks a socket from a lambda that a thread runs, with the standard library's frames around it, and one from a constructor.
// `line: NAME` marks the lines that the test expects in a stack.
// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#define KEEP_FRAME __asm__ volatile("") // a call in tail position has no frame of its own

namespace app {

struct Client {
	int fd;
	__attribute__((noinline)) explicit Client(int domain)
	    : fd(socket(domain, SOCK_STREAM, 0)) // line: constructor
	{
		KEEP_FRAME;
	}
	__attribute__((noinline)) bool operator<(const Client &) const
	{
		int other = socket(AF_UNIX, SOCK_STREAM, 0); // line: operator
		KEEP_FRAME;
		return other < 0;
	}
};

__attribute__((noinline)) void apply(const std::function<void(int)> &call)
{
	call(AF_INET); // line: apply
	KEEP_FRAME;
}

} // namespace app

int main()
{
	std::thread([] {
		app::Client client(AF_INET); // line: thread
		KEEP_FRAME;
	}).join();
	app::apply([](int domain) {
		app::Client client(domain); // line: function
		KEEP_FRAME;
	}); // line: end
	app::Client client(AF_INET); // line: main
	if (client < client) // line: compare
		return 1;
	_exit(0);
}
