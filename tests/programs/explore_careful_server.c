/* A server with epoll, a thread and a child that handles every failure: nothing is reported, whatever fails.
 * Explore: --memory
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/epoll.h>

struct service {
	int listener, set, pipe[2];
};

static void stop(struct service *s)
{
	int fds[] = {s->listener, s->set, s->pipe[0], s->pipe[1]};

	for (int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int start(struct service *s, struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	struct epoll_event event = {.events = EPOLLIN};
	int on = 1;

	*s = (struct service){-1, -1, {-1, -1}};
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if ((s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    (s->set = epoll_create1(EPOLL_CLOEXEC)) < 0 || pipe2(s->pipe, O_CLOEXEC) < 0)
		return -1;
	if (setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(s->listener, (struct sockaddr *)at, len) || listen(s->listener, 8) ||
	    getsockname(s->listener, (struct sockaddr *)at, &len))
		return -1;
	return epoll_ctl(s->set, EPOLL_CTL_ADD, s->listener, &event);
}

struct caller {
	struct sockaddr_in at;
	int failed;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer;

	c->failed = 1;
	if (fd < 0)
		return NULL;
	if (!connect(fd, (struct sockaddr *)&c->at, sizeof c->at) && send(fd, "?", 1, MSG_NOSIGNAL) == 1 &&
	    recv(fd, &answer, 1, 0) == 1)
		c->failed = 0;
	close(fd);
	return NULL;
}

/* In a child, which tells by a pipe. */
static int answer(struct service *s, int fd)
{
	char question, word = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(recv(fd, &question, 1, 0) != 1 || send(fd, "!", 1, MSG_NOSIGNAL) != 1 ||
		      write(s->pipe[1], "d", 1) != 1);
	if (child < 0)
		return -1;
	int status, ended = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return ended && read(s->pipe[0], &word, 1) == 1 && word == 'd' ? 0 : -1;
}

static int serve_one(struct service *s)
{
	struct epoll_event event;
	int n, fd, failed;

	do
		n = epoll_wait(s->set, &event, 1, 1000);
	while (n < 0 && errno == EINTR);
	if (n != 1 || (fd = accept(s->listener, NULL, NULL)) < 0)
		return -1;
	failed = answer(s, fd);
	close(fd);
	return failed;
}

int main(void)
{
	struct service s;
	struct caller *c = calloc(1, sizeof *c);
	pthread_t thread;
	int failed = !c || start(&s, &c->at);

	if (!c) {
		fputs("no memory\n", stderr);
		return 1;
	}
	if (!failed && !(failed = pthread_create(&thread, NULL, call, c))) {
		failed = serve_one(&s);
		if (failed) { /* who waits in the queue is not to wait for ever */
			close(s.listener);
			s.listener = -1;
		}
		pthread_join(thread, NULL);
		failed |= c->failed;
	}
	stop(&s);
	free(c);
	if (failed)
		fputs("failed\n", stderr);
	return failed ? 1 : 0;
}
