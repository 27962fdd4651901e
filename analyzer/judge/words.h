/* Words and phrases that messages share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_WORDS_H
#define SOCKSAN_ANALYZER_JUDGE_WORDS_H

#include "analyzer/judge/finding.h"

/* The call that went wrong: "recv", or "a call" if unknown. */
const char *op_of(const struct finding *finding);

/* What messages call a socket: "TCP socket", "Unix stream socket", "socket". */
const char *kind_of_socket(const char *family, const char *type);
const char *socket_kind(const struct finding *finding);

/* The same for any kind of descriptor that `op` opened: "pipe", "stream" for fopen(). */
const char *kind_words(enum kind kind, const char *op);

/* "a" or "an" before such words. */
const char *article(const char *words);

/* "closed by its peer" */
const char *state_words(enum state state);

/* The message, which is freed, and behind it how many descriptors were registered in the epoll set; to be freed. */
char *registered_words(const struct finding *finding, char *message);

/* "7.5 s", or for several "up to 7.5 s"; to be freed. */
char *amount_of_time(const struct finding *finding);

/* "pid 71 nginx", to be freed. */
char *process_words(const struct traced_process *process);

/* "parent pid 71 nginx passed it to child pid 80 sh", to be freed; empty if it was not passed. */
char *crossing(const struct finding *finding);

#endif
