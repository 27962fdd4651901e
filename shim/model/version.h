/* The version of SockSan, of shim and analyzer alike.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_VERSION_H
#define SHIM_VERSION_H
#define SOCKSAN_VERSION "0.1.0"
#endif
