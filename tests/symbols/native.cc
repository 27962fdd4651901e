/* Sockets that C++ loses, closes twice and uses after their close: native CASE, with a second argument as it should be. `line: NAME` marks the
 * lines that the test expects.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <coroutine>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

static bool right;

namespace net
{

class Socket
{
      public:
	Socket() : number(socket(AF_INET, SOCK_STREAM, 0)) {} /* line: constructor */
	Socket(Socket &&other) : number(std::exchange(other.number, -1)) {}
	Socket(const Socket &other) : number(right ? dup(other.number) : other.number) {}
	~Socket()
	{
		if (number >= 0)
			close(number); /* line: destructor */
	}
	int release() { return std::exchange(number, -1); }
	int get() const { return number; }

      private:
	int number;
};

template <typename T> class Pool
{
      public:
	template <typename... Arguments> T *take(Arguments &&...arguments)
	{
		kept.push_back(std::make_unique<T>(std::forward<Arguments>(arguments)...)); /* line: emplace */
		return kept.back().get();
	}

      private:
	std::vector<std::unique_ptr<T>> kept;
};

} // namespace net

static void lost()
{
	net::Pool<net::Socket> pool;
	int number = pool.take()->release(); /* line: take */
	if (right)
		close(number);
}

static void lost_in_a_thread()
{
	std::function<int()> make = [] { return net::Socket().release(); }; /* line: lambda */
	std::thread([&make] {
		int number = make(); /* line: call */
		if (right)
			close(number);
	}).join();
}

static void closed_twice()
{
	net::Socket first; /* line: first */
	net::Socket second(first);
} /* line: twice */

static void used_after_its_close()
{
	int number;
	{
		net::Socket made; /* line: made */
		number = made.get();
	} /* line: scope */
	if (!right)
		listen(number, 1); /* line: listen */
}

static void fail(net::Socket made)
{
	if (!right)
		close(made.get()); /* line: before */
	throw std::runtime_error("no");
}

static void unwound()
{
	try {
		fail(net::Socket()); /* line: unwound */
	} catch (const std::runtime_error &) {
	}
}

struct Task {
	struct promise_type {
		Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
		std::suspend_always initial_suspend() noexcept { return {}; }
		std::suspend_always final_suspend() noexcept { return {}; }
		void return_void() {}
		void unhandled_exception() { throw; }
	};
	std::coroutine_handle<promise_type> handle;
};

static Task coroutine()
{
	co_await std::suspend_always();
	int number = net::Socket().release(); /* line: coroutine */
	if (right)
		close(number);
}

static void lost_in_a_coroutine()
{
	Task task = coroutine();
	task.handle.resume();
	task.handle.resume(); /* line: resume */
	task.handle.destroy();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)();
	} cases[] = {{"lost", lost},
		     {"lost_in_a_thread", lost_in_a_thread},
		     {"closed_twice", closed_twice},
		     {"used_after_its_close", used_after_its_close},
		     {"unwound", unwound},
		     {"lost_in_a_coroutine", lost_in_a_coroutine}};
	right = argc > 2;
	for (const auto &each : cases)
		if (argc > 1 && !strcmp(argv[1], each.name)) {
			each.run(); /* line: main */
			return 0;
		}
	return 2;
}
