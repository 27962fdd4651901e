/* A server that closes a client's connection twice. By the second close, the number belongs to the next client.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_barrier_t step;
static int client;

static void answer(int connection)
{
	write(connection, "busy\n", 5);
	close(connection);
}

static void *worker(void *unused)
{
	int connection = client;

	answer(connection);
	pthread_barrier_wait(&step); /* now main accepts the next client */
	pthread_barrier_wait(&step);
	close(connection); /* the mistake: answer() has closed it */
	pthread_barrier_wait(&step);
	return unused;
}

static int next_client(int listener, struct sockaddr_in *address)
{
	int caller = socket(AF_INET, SOCK_STREAM, 0);
	int accepted;

	connect(caller, (struct sockaddr *)address, sizeof *address);
	accepted = accept(listener, NULL, NULL);
	close(caller);
	return accepted;
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t thread;

	bind(listener, (struct sockaddr *)&address, size);
	listen(listener, 5);
	getsockname(listener, (struct sockaddr *)&address, &size);

	client = next_client(listener, &address);
	pthread_barrier_init(&step, NULL, 2);
	pthread_create(&thread, NULL, worker, NULL);
	pthread_barrier_wait(&step);
	client = next_client(listener, &address);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);

	if (write(client, "hello\n", 6) < 0)
		perror("the second client is lost");
	pthread_join(thread, NULL);
	close(client);
	close(listener);
	return 0;
}
