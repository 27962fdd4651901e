/* Ranks of trace lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_RANK_H
#define SHIM_TRACE_RANK_H

/* When room runs out, what is left is kept for lines of a higher rank. */
enum trace_rank {
	TRACE_EVENT,
	TRACE_CARRY, /* checkpoints: among the events, and written again if they find no room */
	TRACE_PLACE, /* process, module and stack: other lines refer to them */
	TRACE_LEAK,  /* what is open at the end */
	TRACE_END,   /* lost and exit: one each */
};

#endif
