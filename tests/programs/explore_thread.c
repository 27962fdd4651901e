/* A thread that cannot be made: the connection that it was to have is lost.
 * Finds: pthread_create EAGAIN never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_thread.h"
