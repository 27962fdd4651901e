/* Connections that were up with the word of a poll alone. Their peers have closed; the program does other work before it closes.
 * Expect: close-wait function=polled_connection count=4
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

int main(void)
{
	int ends[POLLS][2];

	for (int i = 0; i < POLLS; i++) {
		polled_connection(polls[i], ends[i]);
		close(ends[i][1]);
	}
	usleep(200000);
	for (int i = 0; i < POLLS; i++)
		close(ends[i][0]);
	return 0;
}
