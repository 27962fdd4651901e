/* Sockets that an atexit handler and a destructor close, at the very end.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int early, late;

static void at_exit(void) { close(early); }

__attribute__((destructor)) static void at_end(void) { close(late); }

int main(void)
{
	EXPECT(atexit(at_exit) == 0);
	early = MUST(socket(AF_INET, SOCK_STREAM, 0));
	late = MUST(socket(AF_INET, SOCK_STREAM, 0));
	return 0;
}
