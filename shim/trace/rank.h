/* Ranks of trace lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_RANK_H
#define SHIM_TRACE_RANK_H

/* When room runs out, it is kept for lines of a higher rank. */
enum trace_rank {
	TRACE_EVENT,
	TRACE_CARRY, /* what carries on what is open: stands among events, and is written again if it finds no room */
	TRACE_PLACE, /* process, module and stack: what other lines refer to */
	TRACE_LEAK,  /* what is open at the end */
	TRACE_END,   /* lost and exit: one each */
};

#endif
