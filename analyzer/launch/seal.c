/* Gives the trace of a process that has ended its final form: no padding, no torn lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether anyone has the file open for writing, or mapped: only then the kernel refuses a read lease with EAGAIN. That also covers what
 * pids do not show, such as a process of another pid namespace. Truncating a file under a mapping would kill its owner. */
static bool is_being_written(int fd)
{
	sigset_t io, given;
	bool written;

	/* If someone opens it at this moment, the kernel asks for the lease back. */
	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	sigprocmask(SIG_BLOCK, &io, &given);
	written = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	while (sigtimedwait(&io, NULL, &(struct timespec){0}) > 0)
		;
	sigprocmask(SIG_SETMASK, &given, NULL);
	return written;
}

/* A descriptor for writing to a regular file that nobody else writes; -1 with errno. */
static int open_unused(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st, again;

	if (fd < 0)
		return -1;
	if (is_being_written(fd) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EBUSY;
		return -1;
	}
	close(fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &again) != 0 || again.st_ino != st.st_ino || again.st_size != st.st_size)) {
		close(fd);
		errno = EBUSY;
		return -1;
	}
	*size = (size_t)st.st_size;
	return fd;
}

int seal_end(const char *path)
{
	char block[4096];
	size_t size, end;
	int fd = open_unused(path, &size), result = 0;

	if (fd < 0)
		return -1;
	for (end = size; end > 0;) {
		size_t first = (end - 1) / sizeof block * sizeof block, n = end - first;

		if (pread(fd, block, n, (off_t)first) != (ssize_t)n) {
			result = -1;
			break;
		}
		while (n > 0 && block[n - 1] == '\n')
			n--;
		end = first + n;
		if (n > 0)
			break;
	}
	/* The last line keeps its newline. A line that never had one is torn: seal_torn handles it. */
	if (end > 0 && end < size)
		end++;
	if (result == 0 && end < size)
		result = ftruncate(fd, (off_t)end);
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* Whether a line is one object from its first byte to its last. A torn line lacks bytes, so strings or brackets stay open. */
static bool is_whole(const char *line, size_t size)
{
	bool in_string = false;
	long depth = 0;

	if (line[0] != '{' || line[size - 1] != '}')
		return false;
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)line[i] < ' ')
			return false;
		if (in_string && line[i] == '\\')
			i++;
		else if (line[i] == '"')
			in_string = !in_string;
		else if (!in_string && (line[i] == '{' || line[i] == '['))
			depth++;
		else if (!in_string && (line[i] == '}' || line[i] == ']') && --depth == 0)
			return i == size - 1;
	}
	return false;
}

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (line[i] != ' ')
			return false;
	return true;
}

long seal_torn(const char *path)
{
	size_t size;
	int fd = open_unused(path, &size);
	long torn = 0;

	if (fd < 0)
		return -1;
	if (size == 0) {
		close(fd);
		return 0;
	}
	char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	if (text == MAP_FAILED)
		return -1;
	for (char *line = text, *end = text + size; line < end;) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line);

		if (length > 0 && !is_blank(line, length) && !is_whole(line, length)) {
			memset(line, ' ', length);
			torn++;
		}
		line += length + 1;
	}
	munmap(text, size);
	return torn;
}
