/* Loads on short paths. Safe anywhere.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_JOINED_H
#define SHIM_JOINED_H

/* A load of a word that other threads may store, and that what uses it may be joined with, which is not so of an atomic one. */
#ifdef __SANITIZE_THREAD__
#define JOINED(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#else
#define JOINED(x) (x)
#endif

#endif
