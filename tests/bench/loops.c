/* The loops that bench.py times: loops NAME ITERATIONS WARMUP [ARGUMENT...] prints the nanoseconds that one iteration took.
 * `memory` takes the number of sockets to open instead, and prints the resident KiB with all of them open. `peak COMMAND [ARGUMENT...]`
 * prints the most resident KiB of a command: of a child of this small program, since an exec keeps the figure of the process before.
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_THREADS = 16,
	DEPTH = 16, /* of the calls above each loop, so that a stack of 16 frames is one */
};

/* What one thread works on. */
struct work {
	int in, out;
	struct sockaddr_in at;
	char **argv;
};

struct loop {
	const char *name;
	int threads;
	void (*prepare)(struct work *work);
	void (*step)(struct work *work);
};

#define MUST(call) must((call), #call)

static inline int must(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void send_byte(int fd) { MUST(send(fd, "x", 1, 0)); }

static void recv_byte(int fd)
{
	char byte;

	MUST(recv(fd, &byte, 1, 0));
}

static void prepare_nothing(struct work *work) { (void)work; }

static void step_socket_close(struct work *work)
{
	(void)work;
	MUST(close(MUST(socket(AF_INET, SOCK_STREAM, 0))));
}

static void step_unix_close(struct work *work)
{
	(void)work;
	MUST(close(MUST(socket(AF_UNIX, SOCK_STREAM, 0))));
}

static void step_open_close(struct work *work)
{
	(void)work;
	MUST(close(MUST(open("loops", O_RDONLY | O_CLOEXEC))));
}

static void prepare_listener(struct work *work)
{
	socklen_t size = sizeof work->at;

	work->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	work->in = MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(bind(work->in, (struct sockaddr *)&work->at, size));
	MUST(getsockname(work->in, (struct sockaddr *)&work->at, &size));
	MUST(listen(work->in, 16));
}

/* The accepting end closes first: TIME_WAIT then stays with the listener's port, where the next SYN from the same port
 * may replace it, and the ports that connect() takes are free again at once. Otherwise 28 000 cycles use them up. */
static void step_tcp_cycle(struct work *work)
{
	int client = MUST(socket(AF_INET, SOCK_STREAM, 0)), server;

	MUST(connect(client, (struct sockaddr *)&work->at, sizeof work->at));
	server = MUST(accept(work->in, NULL, NULL));
	send_byte(client);
	recv_byte(server);
	send_byte(server);
	recv_byte(client);
	MUST(close(server));
	MUST(close(client));
}

static void prepare_socketpair(struct work *work)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	work->in = ends[0];
	work->out = ends[1];
}

static void step_socketpair(struct work *work)
{
	send_byte(work->out);
	recv_byte(work->in);
}

/* What each thread sends, it takes out again, or its peer would be full soon. */
static void step_table(struct work *work)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	step_socketpair(work);
	MUST(close(fd));
}

static void prepare_pipe(struct work *work)
{
	int ends[2];

	MUST(pipe(ends));
	work->in = ends[0];
	work->out = ends[1];
}

static void prepare_file(struct work *work)
{
	char path[] = "loops.XXXXXX";

	work->out = MUST(mkstemp(path));
	work->in = MUST(open(path, O_RDONLY));
	MUST(unlink(path));
}

static void step_write_read(struct work *work)
{
	char byte = 'x';

	MUST(write(work->out, &byte, 1));
	MUST(read(work->in, &byte, 1));
}

/* The argument is the port of an HTTP server. */
static void prepare_http(struct work *work)
{
	work->at = (struct sockaddr_in){.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					.sin_port = htons(atoi(work->argv[0]))};
}

static void step_http(struct work *work)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	char answer[4096];
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), total = 0, size;

	MUST(connect(fd, (struct sockaddr *)&work->at, sizeof work->at));
	MUST(send(fd, request, sizeof request - 1, 0));
	while ((size = MUST(recv(fd, answer, sizeof answer, 0))) > 0)
		total += size;
	MUST(total > 0 ? 0 : -1);
	MUST(close(fd));
}

/* The arguments are a command. What BENCH_PRELOAD names is loaded into it, and not into this program that times it. */
static void prepare_start(struct work *work)
{
	(void)work;
	if (getenv("BENCH_PRELOAD"))
		MUST(setenv("LD_PRELOAD", getenv("BENCH_PRELOAD"), 1));
}

static void step_start(struct work *work)
{
	int pid, status;

	if (posix_spawnp(&pid, work->argv[0], NULL, NULL, work->argv, environ) != 0)
		MUST(-1);
	MUST(waitpid(pid, &status, 0));
	MUST(status == 0 ? 0 : -1);
}

static const struct loop loops[] = {
	{"socket-close", 1, prepare_nothing, step_socket_close},
	{"unix-close", 1, prepare_nothing, step_unix_close},
	{"tcp-cycle", 1, prepare_listener, step_tcp_cycle},
	{"tcp-cycle-2-threads", 2, prepare_listener, step_tcp_cycle},
	{"table-16-threads", 16, prepare_socketpair, step_table},
	{"socketpair", 1, prepare_socketpair, step_socketpair},
	{"file", 1, prepare_file, step_write_read},
	{"open-close", 1, prepare_nothing, step_open_close},
	{"pipe", 1, prepare_pipe, step_write_read},
	{"http", 4, prepare_http, step_http},
	{"start-up", 1, prepare_start, step_start},
};

static const struct loop *chosen;
static long iterations, warmup; /* of each thread */
static char **arguments;
static pthread_barrier_t begin, end;

static void repeat(struct work *work, long times)
{
	while (times-- > 0)
		chosen->step(work);
}

static __attribute__((noinline)) void descend(int depth, struct work *work, long times)
{
	if (depth > 0)
		descend(depth - 1, work, times);
	else
		repeat(work, times);
	__asm__ volatile(""); /* no tail call: each level is a frame */
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void *thread_main(void *elapsed)
{
	struct work work = {.argv = arguments};
	double start;

	chosen->prepare(&work);
	descend(DEPTH, &work, warmup);
	pthread_barrier_wait(&begin);
	start = now();
	descend(DEPTH, &work, iterations);
	pthread_barrier_wait(&end);
	*(double *)elapsed = now() - start;
	return NULL;
}

/* The main thread is one of them: a loop of one thread is that of a program without threads. */
static double run(void)
{
	pthread_t threads[MAX_THREADS];
	double elapsed[MAX_THREADS];

	pthread_barrier_init(&begin, NULL, chosen->threads);
	pthread_barrier_init(&end, NULL, chosen->threads);
	for (int i = 1; i < chosen->threads; i++)
		MUST(-pthread_create(&threads[i], NULL, thread_main, &elapsed[i]));
	thread_main(&elapsed[0]);
	for (int i = 1; i < chosen->threads; i++)
		pthread_join(threads[i], NULL);
	return elapsed[0] / (iterations * chosen->threads);
}

/* From smaps_rollup, as VmRSS of /proc/self/status may be off by some hundred KiB. */
static void memory(long sockets)
{
	char line[256];
	FILE *rollup;

	for (long i = 0; i < sockets; i++)
		MUST(socket(AF_INET, SOCK_STREAM, 0));
	rollup = fopen("/proc/self/smaps_rollup", "r");
	MUST(rollup ? 0 : -1);
	while (fgets(line, sizeof line, rollup))
		if (sscanf(line, "Rss: %ld", &sockets) == 1)
			printf("%ld\n", sockets);
}

static int peak(char **command)
{
	struct rusage usage;
	int pid, status;

	MUST(-posix_spawnp(&pid, command[0], NULL, NULL, command, environ));
	MUST(wait4(pid, &status, 0, &usage));
	printf("%ld\n", usage.ru_maxrss);
	return WIFSIGNALED(status);
}

int main(int argc, char *argv[])
{
	if (argc >= 3 && strcmp(argv[1], "peak") == 0)
		return peak(argv + 2);
	if (argc == 3 && strcmp(argv[1], "memory") == 0) {
		memory(atol(argv[2]));
		return 0;
	}
	for (size_t i = 0; argc >= 4 && i < sizeof loops / sizeof *loops; i++)
		if (strcmp(argv[1], loops[i].name) == 0)
			chosen = &loops[i];
	if (!chosen) {
		fprintf(stderr, "usage: loops NAME ITERATIONS WARMUP [ARGUMENT...] | loops memory SOCKETS | loops peak "
				"COMMAND...\n");
		return 2;
	}
	iterations = (atol(argv[2]) + chosen->threads - 1) / chosen->threads;
	warmup = atol(argv[3]) / chosen->threads;
	arguments = argv + 4;
	printf("%.1f\n", run());
	return 0;
}
