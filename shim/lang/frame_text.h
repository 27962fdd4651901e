/* The frames of languages as `stack` lines have them: by a key for each language, "file:line function", innermost first.
 * No lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FRAME_TEXT_H
#define SHIM_FRAME_TEXT_H

#include <stdbool.h>

enum { LANG_KEYS = 7 };
extern const char *const lang_keys[LANG_KEYS] __attribute__((visibility("hidden")));

/* Whether a frame is the user's own: in no folder of shim/model/system.def, in no library of its language. */
bool lang_users_frame(const char *frame);

#endif
