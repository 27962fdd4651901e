/* Values of the options dump_at and dump_signal, in shim and analyzer.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OPEN_SCHEMA "socksan-open/1" /* the schema of the file: open.schema.json */
#define OPEN_SUFFIX ".open.json"

/* Reads a number of digits only, at most `max`. Returns false if it is none. */
static inline bool dump_number(const char *s, size_t len, int64_t max, int64_t *out)
{
	int64_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || n > max)
			return false;
		n = n * 10 + s[i] - '0';
	}
	*out = n;
	return len && n <= max;
}

/* Reads "900", or "90%" of the limit as -90. Returns false if it is neither. */
static inline bool dump_at_parse(const char *s, size_t len, int64_t max, int64_t *out)
{
	bool percent = len && s[len - 1] == '%';
	int64_t n;
	if (!dump_number(s, len - percent, percent ? 100 : max, &n) || (percent && !n))
		return false;
	*out = percent ? -n : n;
	return true;
}

/* Reads "USR2", "SIGUSR2" or "12": signals that are sent from outside and that a program can survive. Returns false for
 * others. */
static inline bool dump_signal_parse(const char *s, size_t len, int64_t *out)
{
	static const struct {
		char name[8];
		int number;
	} signals[] = {
		{"HUP", SIGHUP},     {"INT", SIGINT},	{"QUIT", SIGQUIT}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
		{"ALRM", SIGALRM},   {"TERM", SIGTERM}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"URG", SIGURG},
		{"WINCH", SIGWINCH}, {"IO", SIGIO},	{"PWR", SIGPWR},   {"PROF", SIGPROF}, {"VTALRM", SIGVTALRM},
	};
	enum { REALTIME = 34, LAST = 64 }; /* Linux's realtime signals that libc leaves to programs */
	int64_t n;
	if (dump_number(s, len, LAST, &n) && (n >= REALTIME || n == 0)) {
		*out = n;
		return true;
	}
	if (len > 3 && !memcmp(s, "SIG", 3)) {
		s += 3;
		len -= 3;
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		int64_t given;
		bool named = strlen(signals[i].name) == len && !memcmp(signals[i].name, s, len);
		if (named || (dump_number(s, len, LAST, &given) && given == signals[i].number)) {
			*out = signals[i].number;
			return true;
		}
	}
	return false;
}

#endif
