/* What is registered in an epoll set that is judged, when its last descriptor is closed or left open: a line of its own with the note
 * `registered`. The kernel is asked, since only it knows what a close took out of the set.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REGISTERED_H
#define SHIM_REGISTERED_H

#include "shim/track/fdtable.h"

/* Call before the close, or the line of the leak. Nothing is written of a set that is empty, nor after many of them. */
void registered_tell(const char *op, int set, const struct socket *);

#endif
