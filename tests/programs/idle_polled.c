/* Connections that were up with the word of a poll alone have nothing to say, and stay.
 * Expect: idle function=polled_connection count=8
 * Options: --limit=idle=200ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

int main(void)
{
	int ends[POLLS][2];

	for (int i = 0; i < POLLS; i++)
		polled_connection(polls[i], ends[i]);
	usleep(300000);
	for (int i = 0; i < POLLS; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	return 0;
}
