/* The order of a stack in which Python calls C that calls Python: see interleave.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/interleave.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/user_code.h"
#include "analyzer/base/util.h"

/* The interpreter's loop, or a part of it that the compiler moved elsewhere: each one is a run of Python. */
static bool is_loop(const struct symbol *symbol)
{
	static const char name[] = "_PyEval_EvalFrameDefault";
	size_t n = sizeof name - 1;
	return symbol->function && strncmp(symbol->function, name, n) == 0 &&
	       (symbol->function[n] == 0 || symbol->function[n] == '.');
}

/* What the C library starts a program or a thread with: the stack is complete. */
static bool is_start(const struct symbol *symbol)
{
	static const char *const names[] = {"_start", "__libc_start_", "start_thread", "clone", "__clone"};
	for (size_t i = 0; symbol->function && i < sizeof names / sizeof *names; i++)
		if (strncmp(symbol->function, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static const struct symbol *find_loop(const struct symbol *at, const struct symbol *end)
{
	while (at < end && !is_loop(at))
		at++;
	return at;
}

void interleave(struct symbols *symbols, const uint64_t *runs, size_t n_runs)
{
	const struct symbol *python = symbols->list, *end = python + symbols->n, *c = python;
	size_t loops = 0;
	bool whole = false;
	while (c < end && c->lang)
		c++;
	for (const struct symbol *at = c; at < end; at++) {
		loops += is_loop(at);
		whole |= is_start(at);
	}
	if (!n_runs || !loops || (whole && loops < n_runs))
		return;

	/* A run without a line: its only function is being left. */
	const struct symbol *python_end = c, *at = find_loop(c, end);
	for (; n_runs && !*runs && at < end; runs++, n_runs--)
		at = find_loop(at + 1, end);
	const struct symbol *innermost_end = at < end ? ++at : at;

	struct symbol *list = xcalloc(symbols->n, sizeof *list), *to = list;
	for (size_t left; (left = (size_t)(python_end - python)); runs++, n_runs--) {
		size_t n = n_runs && *runs < left ? (size_t)*runs : left;
		to = mempcpy(to, python, n * sizeof *to);
		python += n;
		if (n == left)
			break;
		const struct symbol *loop = find_loop(at, end);
		for (; at < loop; at++)
			if (!at->module || !is_interpreter(at->module))
				*to++ = *at;
		at = loop < end ? loop + 1 : end;
	}
	to = mempcpy(to, c, (size_t)(innermost_end - c) * sizeof *to);
	to = mempcpy(to, at, (size_t)(end - at) * sizeof *to);
	symbols->n = (size_t)(to - list);
	memcpy(symbols->list, list, symbols->n * sizeof *list);
	free(list);
}
