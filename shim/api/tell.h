/* Helpers of the in-test API: building a line of text, and finding the process's own sockets. Safe in any thread and in signal handlers; no
 * lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TELL_H
#define SHIM_TELL_H

#include "shim/track/fdtable.h"

#include <stddef.h>
#include <stdint.h>

/* Text that does not fit is cut; one byte is reserved for the newline. */
struct line {
	size_t len;
	char text[1024];
};

void line_put(struct line *, const char *text, size_t len);
void line_text(struct line *, const char *text);
void line_number(struct line *, int64_t);

/* Appends the text between the quotes of the last JSON value, which begins at `value`; it is printable. */
struct jsonl;
void line_quoted(struct line *, const char *before, const char *value, const struct jsonl *);

/* Appends the state of the socket at fd, and its addresses. */
void line_state(struct line *, int fd, unsigned state);

/* The next socket at or after *fd that was made in this process and really is open, at its lowest descriptor; NULL if there is none. */
struct socket *next_own(int *fd);

#endif
