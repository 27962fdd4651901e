/* A thread cannot be created: the connection intended for it is leaked.
 * Finds: pthread_create EAGAIN never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_thread.h"
