/* Into a process that runs, and out of it again: what `socksan attach` and `socksan detach` call there.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ATTACH_H
#define SHIM_ATTACH_H

#include "shim/model/attach.h"

/* Called in a thread of the host that waited in a system call, while the others run. `options` as SOCKSAN_OPTIONS has them. They return -1,
 * which is the number of no system call. */
int socksan_attach_1(const char *options, struct attach_reply *) __attribute__((visibility("default")));
int socksan_adopt_1(struct attach_reply *) __attribute__((visibility("default")));
int socksan_detach_1(struct attach_reply *) __attribute__((visibility("default")));

extern int socksan_attached_1 __attribute__((visibility("default"))); /* enum attached */

#endif
