/* Fetches in a thread of its own: the server computes the next portion while this machine judges one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/fetch_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/util.h"
#include "analyzer/fleet/families.h"
#include "analyzer/fleet/fetch.h"
#include "analyzer/fleet/spare_files.h"

struct fetch_ahead {
	struct server *server;
	const struct fleet_question *question;
	FILE *candidates;
	const char *folder;
	struct spare_files *spare;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct portion ready;
	bool is_ready, over, abandoned;
};

/* -- candidates ----------------------------------------------------------------------------------------------- */

struct candidate {
	char *words[3];
	size_t room[3];
	bool there; /* it is read, and not yet selected */
};

static bool next_candidate(FILE *candidates, struct candidate *candidate)
{
	for (size_t i = 0; i < 3 && !candidate->there; i++)
		if (getdelim(&candidate->words[i], &candidate->room[i], '\0', candidates) < 0)
			return false;
	return candidate->there = true;
}

/* The families of the next hosts. */
static struct families *next_families(FILE *candidates, struct candidate *candidate)
{
	struct families *families = families_new();
	char *last = NULL;
	while (next_candidate(candidates, candidate)) {
		char *home = xasprintf("%s\t%s", candidate->words[0], candidate->words[1]);
		bool same = last && strcmp(last, home) == 0, full = !same && families_homes(families) == PORTION_HOMES;
		free(last);
		last = home;
		if (full)
			break;
		families_select(families, candidate->words[0], candidate->words[1], candidate->words[2]);
		candidate->there = false;
	}
	free(last);
	return families;
}

/* -- the thread ----------------------------------------------------------------------------------------------- */

static int fetch_portion(struct fetch_ahead *ahead, struct families *families, struct portion *portion)
{
	portion->homes = families_homes(families);
	portion->folder = xasprintf("%s/%zu", ahead->folder, portion->number);
	if (mkdir(portion->folder, 0700) != 0) {
		complain("%s: %s", portion->folder, strerror(errno));
		return -1;
	}
	if (families_learn(families, ahead->server, ahead->question) != 0)
		return -1;
	return fetch_lines(ahead->server, ahead->question, families, portion->folder, ahead->spare, &portion->told);
}

/* Gives it to the caller once that has taken the one before. False: nobody wants it any more. */
static bool hand_over(struct fetch_ahead *ahead, struct portion *portion)
{
	pthread_mutex_lock(&ahead->lock);
	while (ahead->is_ready && !ahead->abandoned)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	bool wanted = !ahead->abandoned;
	if (wanted) {
		ahead->ready = *portion;
		ahead->is_ready = true;
		portion->folder = NULL;
	}
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return wanted;
}

static void *work(void *context)
{
	struct fetch_ahead *ahead = context;
	struct candidate candidate = {0};
	bool goes_on = true;
	for (size_t number = 0; goes_on; number++) {
		struct families *families = next_families(ahead->candidates, &candidate);
		struct portion portion = {.number = number};
		goes_on = families_homes(families) && fetch_portion(ahead, families, &portion) == 0 &&
			  hand_over(ahead, &portion);
		families_free(families);
		free(portion.folder);
	}
	for (size_t i = 0; i < 3; i++)
		free(candidate.words[i]);
	pthread_mutex_lock(&ahead->lock);
	ahead->over = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

/* -- the caller ----------------------------------------------------------------------------------------------- */

struct fetch_ahead *fetch_ahead_begin(struct server *server, const struct fleet_question *question, FILE *candidates,
				      const char *folder)
{
	struct fetch_ahead *ahead = xcalloc(1, sizeof *ahead);
	sigset_t all, before;
	ahead->server = server;
	ahead->question = question;
	ahead->candidates = candidates;
	ahead->folder = folder;
	ahead->spare = spare_files_new(folder);
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	sigfillset(&all); /* signals are for the process itself */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&ahead->thread, NULL, work, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return ahead;
	complain("cannot start a thread that fetches: %s", strerror(error));
	spare_files_free(ahead->spare);
	free(ahead);
	return NULL;
}

bool fetch_ahead_next(struct fetch_ahead *ahead, struct portion *portion)
{
	pthread_mutex_lock(&ahead->lock);
	while (!ahead->is_ready && !ahead->over)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	bool there = ahead->is_ready;
	if (there)
		*portion = ahead->ready;
	ahead->is_ready = false;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return there;
}

void fetch_ahead_drop(struct fetch_ahead *ahead, struct portion *portion)
{
	spare_files_take(ahead->spare, portion->folder);
	free(portion->folder);
}

void fetch_ahead_end(struct fetch_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->abandoned = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	if (ahead->is_ready)
		free(ahead->ready.folder);
	spare_files_free(ahead->spare);
	free(ahead);
}
