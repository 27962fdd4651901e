/* An option cannot be set, and the connection is abandoned without being closed.
 * Finds: setsockopt ENOBUFS never-closed tune
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_setsockopt.h"
