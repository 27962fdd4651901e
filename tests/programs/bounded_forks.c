/* A forking server among many connections: bounded_forks CONNECTIONS. Children serve inherited connections, early and late, each
 * with many of its own in between; one helper holds a connection that it never uses, and one program gets a socket that it should not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static long connections;
static struct sockaddr_in at;
static int server, stop[2];

static void churn(void)
{
	int fds[2];
	for (long i = 0; i < connections; i++) {
		MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
		close(fds[0]);
		close(fds[1]);
	}
}

/* Uses what it has at its beginning alone, or at its end. */
static void serve(int peer, int early)
{
	close(server);
	if (early)
		MUST(send(peer, "x", 1, 0));
	churn();
	if (!early)
		MUST(send(peer, "x", 1, 0));
	close(peer);
	_exit(0);
}

static void serve_in_child(int early)
{
	char byte;
	int visitor = client(&at), peer = MUST(accept(server, NULL, NULL));
	pid_t child = MUST(fork());
	if (child == 0) {
		close(visitor);
		serve(peer, early);
	}
	close(peer);
	churn();
	EXPECT(recv(visitor, &byte, 1, 0) == 1);
	EXPECT(recv(visitor, &byte, 1, 0) == 0);
	close(visitor);
	wait_for(child);
}

/* Accepts once, long after it was forked. */
static pid_t start_worker(struct sockaddr_in *where)
{
	int own = listener(where);
	pid_t worker = MUST(fork());
	if (worker) {
		close(own);
		return worker;
	}
	close(server);
	close(stop[1]);
	churn();
	int peer = MUST(accept(own, NULL, NULL));
	MUST(send(peer, "x", 1, 0));
	close(peer);
	churn();
	close(own);
	_exit(0);
}

static void hold(void)
{
	char byte;
	close(server);
	close(stop[1]);
	churn();
	_exit(read(stop[0], &byte, 1) == 0 ? 0 : 99);
}

static void exec_with(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	pid_t child = MUST(fork());
	if (child == 0) {
		churn();
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	churn();
	wait_for(child);
	close(fd);
}

int main(int argc, char **argv)
{
	char byte;
	connections = argc > 1 ? atol(argv[1]) : 1000;
	MUST(pipe2(stop, O_CLOEXEC));
	server = listener(&at);
	churn();
	struct sockaddr_in where;
	pid_t worker = start_worker(&where);
	churn();
	serve_in_child(1);
	serve_in_child(0);
	int visitor = client(&at), peer = MUST(accept(server, NULL, NULL));
	pid_t helper = MUST(fork());
	if (helper == 0) {
		close(visitor);
		hold();
	}
	close(stop[0]);
	close(peer);
	churn();
	usleep(300000);
	close(stop[1]);
	EXPECT(recv(visitor, &byte, 1, 0) == 0);
	close(visitor);
	wait_for(helper);
	exec_with();
	visitor = client(&where);
	EXPECT(recv(visitor, &byte, 1, 0) == 1);
	close(visitor);
	wait_for(worker);
	close(server);
	return 0;
}
