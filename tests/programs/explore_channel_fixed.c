/* When its channel breaks, a worker closes it once. The parent goes on writing to the channel: that is no mistake, since the worker has not ended.
 * Explore: --calls=recv --errno=ECONNRESET,END
 * SPDX-License-Identifier: Apache-2.0
 */
#define FIXED 1
#include "explore_channel.h"
