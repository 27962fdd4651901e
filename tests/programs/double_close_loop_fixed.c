/* A table of connections, each closed once.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int table[6];

static void drop(int i)
{
	close(table[i]);
	table[i] = -1;
}

static void clean_up(void)
{
	for (int i = 0; i < 6; i += 2)
		if (table[i] >= 0)
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
