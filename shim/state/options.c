/* SOCKSAN_OPTIONS: see options.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/options.h"

#include "shim/model/dump.h"
#include "shim/model/kinds.h"
#include "shim/model/size.h"
#include "shim/kernel/sys.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define SIGNAL(number) (1ull << ((number)-1))

struct options options;

static struct stat first_error; /* identity of descriptor 2 at startup */

void say(const char *a, const char *b, const char *c)
{
	struct stat st;
	struct pollfd ready = {2, POLLOUT, 0};
	if (sys2(SYS_fstat, 2, &st) || S_ISSOCK(st.st_mode) || st.st_dev != first_error.st_dev ||
	    st.st_ino != first_error.st_ino || sys5(SYS_ppoll, &ready, 1, (&(struct timespec){0}), NULL, 0) != 1 ||
	    ready.revents != POLLOUT)
		return;
	const char *part[] = {"socksan: ", a ? a : "", b ? b : "", c ? c : "", "\n"};
	struct iovec iov[5];
	for (int i = 0; i < 5; i++)
		iov[i] = (struct iovec){(void *)part[i], strlen(part[i])};
	/* A missing reader, the file-size limit and a terminal in the background are the shim's problem, so no signal may reach the host. */
	uint64_t stops = SIGNAL(SIGPIPE) | SIGNAL(SIGXFSZ) | SIGNAL(SIGTTOU), mask, pending = 0;
	sys2(SYS_rt_sigpending, &pending, 8);
	if (sys4(SYS_rt_sigprocmask, SIG_BLOCK, &stops, &mask, 8))
		return;
	long ret = sys3(SYS_writev, 2, iov, 5);
	uint64_t sent = (ret == -EPIPE ? SIGNAL(SIGPIPE) : ret == -EFBIG ? SIGNAL(SIGXFSZ) : 0) & ~pending;
	if (sent)
		sys4(SYS_rt_sigtimedwait, &sent, NULL, (&(struct timespec){0}), 8);
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

enum type { TYPE_NUMBER, TYPE_BYTES, TYPE_KINDS, TYPE_COUNT, TYPE_SIGNAL, TYPE_TEXT };

static const struct row {
	const char *key;
	enum type type;
	size_t offset;
	int64_t max;
} rows[] = {
#define OPTION(key, type, value, max, meaning) {#key, TYPE_##type, offsetof(struct options, key), max},
	OPTIONS
#undef OPTION
};

static bool value_parse(const struct row *r, const char *s, size_t len, int64_t *out)
{
	switch (r->type) {
	case TYPE_NUMBER: return dump_number(s, len, r->max, out);
	case TYPE_BYTES: return size_parse(s, len, out) && *out <= r->max;
	case TYPE_KINDS: return kinds_parse(s, len, out);
	case TYPE_COUNT: return dump_at_parse(s, len, r->max, out);
	case TYPE_SIGNAL: return dump_signal_parse(s, len, out);
	default: return false;
	}
}

static void set(const char *pair, size_t len)
{
	char shown[128];
	size_t n = len < sizeof shown ? len : sizeof shown - 1;
	for (size_t i = 0; i < n; i++) /* one line, that steers no terminal */
		shown[i] = (unsigned char)pair[i] < ' ' || pair[i] == '\177' ? '?' : pair[i];
	shown[n] = 0;
	const char *equals = memchr(pair, '=', len);
	size_t key_len = equals ? (size_t)(equals - pair) : len;
	for (const struct row *r = rows; r < rows + sizeof rows / sizeof *rows; r++) {
		if (strlen(r->key) != key_len || memcmp(r->key, pair, key_len))
			continue;
		const char *value = pair + key_len + 1;
		size_t value_len = equals ? len - key_len - 1 : 0;
		char *field = (char *)&options + r->offset;
		int64_t parsed;
		if (r->type == TYPE_TEXT && value_len && value_len < OPTION_PATH) {
			memcpy(field, value, value_len);
			field[value_len] = 0;
		} else if (value_parse(r, value, value_len, &parsed)) {
			memcpy(field, &parsed, sizeof parsed);
		} else {
			say("SOCKSAN_OPTIONS: bad value in '", shown, "': the default is kept");
		}
		return;
	}
	say("SOCKSAN_OPTIONS: unknown key in '", shown,
	    "': it is ignored; known are"
#define OPTION(key, type, value, max, meaning) " " #key
	    OPTIONS_OF_USERS
#undef OPTION
	);
}

/* Children may run in another directory, so make the path absolute now. */
static void absolute(char *path)
{
	char full[OPTION_PATH];
	if (*path == '/')
		return;
	long n = sys2(SYS_getcwd, full, sizeof full); /* includes the NUL */
	size_t len = strlen(path);
	if (n <= 1 || *full != '/' || (size_t)n + len + 1 > sizeof full)
		return;
	if (n > 2)
		full[n - 1] = '/';
	else
		n = 1; /* the root */
	memcpy(full + n, path, len + 1);
	memcpy(path, full, (size_t)n + len + 1);
}

void options_parse(const char *text)
{
#define NUMBER_DEFAULT(key, value) options.key = value;
#define BYTES_DEFAULT NUMBER_DEFAULT
#define KINDS_DEFAULT NUMBER_DEFAULT
#define COUNT_DEFAULT NUMBER_DEFAULT
#define SIGNAL_DEFAULT NUMBER_DEFAULT
#define TEXT_DEFAULT(key, value) strcpy(options.key, value);
#define OPTION(key, type, value, max, meaning) type##_DEFAULT(key, value)
	OPTIONS
#undef OPTION
	sys2(SYS_fstat, 2, &first_error);
	while (text && *text) {
		size_t len = strcspn(text, ":");
		if (len)
			set(text, len);
		text += len + (text[len] == ':');
	}
	absolute(options.log_path);
}
