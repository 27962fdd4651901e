/* A fork that fails: only a parent that has a child closes the connection.
 * Finds: fork EAGAIN never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_fork.h"
