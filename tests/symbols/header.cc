// Leaks a socket by a call that the standard library makes, in a template that is compiled into the program.
// `line: NAME` marks the line that the test expects.
// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <sys/socket.h>

int main()
{
	return std::invoke(socket, AF_INET, SOCK_STREAM, 0) < 0; // line: apply
}
