/* The version of SockSan, as `socksan --version` and reports tell it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VERSION_H
#define SOCKSAN_ANALYZER_VERSION_H

#define SOCKSAN_VERSION "0.1.0"

#endif
