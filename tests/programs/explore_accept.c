/* An accept fails: the error handler closes the listener, and so does its caller.
 * Finds: accept ECONNABORTED double-close main
 * Finds: accept EMFILE double-close main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore_accept.h"
