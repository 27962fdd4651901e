/* An fdopen of a socket fails: the socket stays open.
 * Finds: fdopen ENOMEM never-closed main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_fdopen.h"
