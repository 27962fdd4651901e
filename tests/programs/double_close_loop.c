/* The clean-up runs over a table whose entries were closed before: one place, three times.
 * Expect: double-close function=clean_up count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int table[6];

static void drop(int i) { close(table[i]); }

static void clean_up(void)
{
	for (int i = 0; i < 6; i += 2)
		close(table[i]);
}

int main(void)
{
	for (int i = 0; i < 6; i++)
		table[i] = MUST(socket(AF_INET, SOCK_STREAM, 0));
	for (int i = 5; i >= 0; i--)
		drop(i);
	clean_up();
	return 0;
}
