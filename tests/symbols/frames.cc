// Leaks a socket from templates, namespaces with and without a name, a lambda and functions that are inlined.
// `line: NAME` marks the lines that the test expects in a stack.
// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#define KEEP_FRAME __asm__ volatile("") // a call in tail position has no frame of its own

namespace net {

template <class T> struct Pool {
	T made = 0;
	__attribute__((noinline)) T take(int domain, const T &first)
	{
		T fd = socket(domain, SOCK_STREAM, 0); // line: take
		KEEP_FRAME;
		return made = fd + first;
	}
};

template <int domain> static __attribute__((noinline)) int open_one(Pool<int> &pool)
{
	int fd = pool.take(domain, 0); // line: open_one
	KEEP_FRAME;
	return fd;
}

namespace {

inline __attribute__((always_inline)) int hidden(Pool<int> &pool)
{
	int fd = open_one<AF_INET>(pool); // line: hidden
	KEEP_FRAME;
	return fd;
}

} // namespace

static inline __attribute__((always_inline)) int inlined(Pool<int> &pool)
{
	int fd = hidden(pool); // line: inlined
	KEEP_FRAME;
	return fd;
}

struct Server {
	Pool<int> pool;
	__attribute__((noinline)) int run();
	virtual ~Server() {}
};

int Server::run()
{
	int fd = inlined(pool); // line: run
	KEEP_FRAME;
	return fd;
}

} // namespace net

int main()
{
	net::Server server;
	return server.run() < 0; // line: main
}
