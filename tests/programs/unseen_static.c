/* A static program that leaves a socket open: the shim cannot enter it, and the report must say so.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	MUST(socket(AF_INET, SOCK_STREAM, 0));
	return 0;
}
