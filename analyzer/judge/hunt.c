/* Searches for a free address: see hunt.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/hunt.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/base/util.h"

enum { MOST_HUNTS = 32 }; /* each close is compared with them */

/* Of one thread. */
struct hunt {
	const struct traced_process *process;
	int64_t tid, sock;
	char *tried;  /* the last */
	bool closed;  /* its socket is */
	bool covered; /* the program has a socket that serves the address */
	size_t n;
	struct finding *findings[4];
	struct hunt *next;
};

/* Whether a socket of the process for all addresses of IPv6 has the port of an address that is for all of IPv4. */
static bool is_covered(const struct moment *moment)
{
	static const char all[] = "0.0.0.0:";
	const char *wanted = moment->event->local;
	if (!wanted || strncmp(wanted, all, sizeof all - 1) != 0)
		return false;
	for (const struct socket_life *life = moment->process->lives; life; life = life->hh.next)
		if (life->open && life->local && life->type == moment->life->type &&
		    strncmp(life->local, "[::]:", 5) == 0 &&
		    strcmp(address_port(life->local), address_port(wanted)) == 0)
			return true;
	return false;
}

/* Whether a hunt that fails at `tried` goes on at `local`: at the next port. */
static bool goes_on(const char *tried, const char *local)
{
	size_t host = (size_t)(address_port(tried) - tried);
	return *address_port(tried) && host == (size_t)(address_port(local) - local) &&
	       strncmp(tried, local, host) == 0 &&
	       strtol(tried + host + 1, NULL, 10) + 1 == strtol(local + host + 1, NULL, 10);
}

static void end_hunt(struct hunt **hunts, struct hunt *hunt, bool found)
{
	for (size_t i = 0; i < hunt->n; i++) {
		struct finding *finding = hunt->findings[i];
		enum severity severity = found ? SEVERITY_NOTE : violations[finding->code].severity;
		if (severity < finding->severity)
			finding->severity = severity;
	}
	LL_DELETE(*hunts, hunt);
	free(hunt->tried);
	free(hunt);
}

/* A thread that has gone on to something else does not look any more. */
static void end_oldest(struct hunt **hunts)
{
	struct hunt *hunt = *hunts;
	for (int i = 0; hunt && i < MOST_HUNTS; i++)
		hunt = hunt->next;
	if (hunt)
		end_hunt(hunts, hunt, false);
}

/* The hunt of this thread, unless the bind belongs to none. */
static struct hunt *hunt_of(struct hunt **hunts, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct hunt *hunt, *next;
	LL_FOREACH_SAFE (*hunts, hunt, next) {
		if (hunt->process != moment->process || hunt->tid != event->tid)
			continue;
		if (event->local && (hunt->sock == event->sock ? strcmp(hunt->tried, event->local) != 0
							       : hunt->closed && goes_on(hunt->tried, event->local)))
			return hunt;
		end_hunt(hunts, hunt, false);
	}
	return NULL;
}

void hunts_seek(struct hunt **hunts, const struct moment *moment, struct finding *finding)
{
	struct hunt *hunt = hunt_of(hunts, moment);
	bool is_known = hunt && hunt->n > 0 && hunt->findings[hunt->n - 1] == finding;
	if (hunt && !is_known && hunt->n == sizeof hunt->findings / sizeof *hunt->findings) {
		end_hunt(hunts, hunt, false);
		hunt = NULL;
	}
	if (!hunt) {
		hunt = xcalloc(1, sizeof *hunt);
		hunt->process = moment->process;
		hunt->tid = moment->event->tid;
		LL_PREPEND(*hunts, hunt);
		end_oldest(hunts);
	}
	if (!is_known)
		hunt->findings[hunt->n++] = finding;
	free(hunt->tried);
	hunt->tried = xstrdup(moment->event->local);
	hunt->sock = moment->event->sock;
	hunt->closed = false;
	hunt->covered = is_covered(moment);
}

void hunts_moment(struct hunt **hunts, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct hunt *hunt;
	if (event->ret == 0 && event->to == STATE_BOUND && strcmp(event->op, "bind") == 0) {
		hunt = hunt_of(hunts, moment);
		if (hunt)
			end_hunt(hunts, hunt, true);
	}
	if (!moment->ended || !moment->life)
		return;
	LL_FOREACH (*hunts, hunt)
		if (hunt->process == moment->process && hunt->sock == moment->life->sock)
			break;
	if (!hunt)
		return;
	hunt->closed = true;
	if (hunt->covered && event->from == STATE_CLOSED)
		end_hunt(hunts, hunt, true);
}

void hunts_end(struct hunt **hunts)
{
	while (*hunts)
		end_hunt(hunts, *hunts, false);
}
