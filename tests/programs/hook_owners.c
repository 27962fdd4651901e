/* What owns a descriptor, a stream, a directory stream or a queue: made and ended, `hook_owners right`, or ended when somebody has closed the
 * number under it, `hook_owners closed`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dirent.h>
#include <mqueue.h>
#include <stdbool.h>

static bool closes;

static int known(int fd)
{
	if (closes)
		close(fd);
	return fd;
}

static void streams(void)
{
	FILE *f = fopen("/dev/null", "re");
	known(fileno(f));
	fclose(f);
	f = fdopen(MUST(open("/dev/null", O_RDONLY | O_CLOEXEC)), "r");
	known(fileno(f));
	fclose(f);
}

static void directories(void)
{
	DIR *d = opendir("/");
	known(dirfd(d));
	closedir(d);
	d = fdopendir(MUST(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	known(dirfd(d));
	closedir(d);
}

static void pipes(void)
{
	FILE *f = popen("exit 3", "r");
	known(fileno(f));
	dprintf(1, "%d\n", pclose(f));
}

static void queues(void)
{
	mqd_t q = mq_open("/hook_owners", O_RDWR | O_CREAT, 0600, NULL);
	mq_unlink("/hook_owners");
	if (q >= 0)
		mq_close(known(q));
}

int main(int argc, char **argv)
{
	closes = argc > 1 && !strcmp(argv[1], "closed");
	streams();
	directories();
	pipes();
	queues();
	return 0;
}
