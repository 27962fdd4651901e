/* A fork fails: the parent closes the connection only if it has a child.
 * Finds: fork EAGAIN never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_fork.h"
