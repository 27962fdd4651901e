/* Attaching to a running process and detaching from it: the functions that `socksan attach` and `socksan detach` call
 * there.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ATTACH_H
#define SHIM_ATTACH_H

#include "shim/model/attach.h"

/* Called in a thread of the host that was taken from a system call, while other threads run. `options`: in the syntax
 * of SOCKSAN_OPTIONS. The result goes to the reply. All return -1, which is no system call's number. */
int socksan_attach_1(const char *options, struct attach_reply *) __attribute__((visibility("default")));
int socksan_adopt_1(struct attach_reply *) __attribute__((visibility("default")));
int socksan_detach_1(struct attach_reply *) __attribute__((visibility("default")));

extern int socksan_attached_1 __attribute__((visibility("default"))); /* enum attached */

#endif
