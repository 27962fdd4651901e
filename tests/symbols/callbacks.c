/* What callbacks.py calls by way of ctypes, and what calls it back. Built without optimisation, so that each call has its frame.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
static int called;

void outer_call(void (*function)(void))
{
	function(); /* line: outer_call */
	called++;
}

void inner_call(void (*function)(void))
{
	function(); /* line: inner_call */
	called++;
}
