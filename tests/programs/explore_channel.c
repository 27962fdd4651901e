/* When its channel breaks, a worker closes it, and its caller closes it again. The parent goes on writing to the channel: that is no mistake, since
 * the worker has not ended.
 * Explore: --calls=recv --errno=ECONNRESET,END
 * Finds: recv ECONNRESET double-close main
 * Finds: recv END double-close main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_channel.h"
