/* The frames of languages as `stack` lines have them, see shim/model/lang.def: "file:line function", innermost first.
 * No lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FRAME_TEXT_H
#define SHIM_FRAME_TEXT_H

#include "shim/model/words.h"

#include <stdbool.h>

/* Whether a frame is user code: in no folder of shim/model/system.def, and not in its language's library. */
bool lang_users_frame(enum lang, const char *frame);

#endif
