/* Evidence for a finding: see evidence.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/weigh/evidence.h"

#include <stdlib.h>
#include <sys/param.h>

#include "analyzer/base/util.h"
#include "analyzer/judge/judge.h"
#include "analyzer/judge/words.h"

/* So many from one place in one process, over this part of its lifetime, are not an accident at its end. */
enum { REPEATED = 3, PART_OF_LIFE = 10 };

const char *evidence_name(enum evidence_why why)
{
	static const char *const names[WHYS] = {
		[WHY_REPEATS] = "repeats",
		[WHY_OUTLIVED] = "outlived",
		[WHY_ABANDONED] = "abandoned",
		[WHY_FAILED] = "failed",
	};
	return names[why];
}

static int64_t end_of(const struct traced_process *process)
{
	return process->exited ? process->t_exit : process->t_last;
}

static bool is_often(const struct traced_process *process, uint64_t n, int64_t first, int64_t last)
{
	int64_t life = end_of(process) - process->t_first;
	return n >= REPEATED && last - first >= life / PART_OF_LIFE;
}

/* At one place, whatever became of each; and in one process. */
static bool repeats(const struct finding *finding)
{
	for (const struct loss_site *site = finding->sites; site; site = site->hh.next)
		if (is_often(site->process, site->origin->lost, site->origin->first_lost, site->origin->last_lost))
			return true;
	for (const struct recurrence *one = finding->recurrences; one; one = one->hh.next)
		if (is_often(one->process, one->n, one->first, one->last))
			return true;
	return false;
}

/* Whether the program had no more use for it. If the peer left just now, the program may not have noticed yet. */
static bool abandoned(const struct finding *finding, int64_t limit)
{
	if (finding->cause == CAUSE_peer_closed)
		return finding->amount > limit;
	return finding->cause == CAUSE_connect_failed || finding->cause == CAUSE_bind_failed ||
	       finding->cause == CAUSE_never_used || finding->cause == CAUSE_untouched;
}

struct evidence find_evidence(const struct finding *finding, const struct limits *limits, bool placed)
{
	struct evidence found = {.sibling = -1};
	bool listens =
		finding->cause == CAUSE_listener; /* which are for the process's lifetime, whatever others are for */
	for (const struct loss_site *site = finding->sites; site; site = site->hh.next) {
		const struct origin *origin = site->origin;
		found.oldest = MAX(found.oldest, origin->longest);
		for (int end = 0; end < 2; end++)
			if (origin->first_kept[end])
				found.oldest = MAX(found.oldest, end_of(site->process) - origin->first_kept[end]);
		found.why |= (unsigned)(origin_outlived(origin) && placed && !listens) << WHY_OUTLIVED;
		if (!origin->opened) /* those of unknown places */
			continue;
		found.opened += origin->made + origin->summed;
		found.closed += origin->closed + origin->over;
		found.open += origin->open;
		if (origin->closed)
			found.sibling = origin->sibling;
	}
	bool unused = abandoned(finding, limits->ns[VIOLATION_close_wait]);
	found.why |= (unsigned)((placed || unused) && repeats(finding)) << WHY_REPEATS;
	found.why |= (unsigned)unused << WHY_ABANDONED;
	found.why |= (unsigned)(finding->error && judge_failure_tells(finding->code)) << WHY_FAILED;
	return found;
}

/* "98 of 100 sockets opened here were closed, these 2 were not" */
static char *counts_words(const struct finding *finding)
{
	const struct evidence *evidence = &finding->evidence;
	unsigned long long opened = evidence->opened, closed = evidence->closed, open = evidence->open;
	const char *what = finding->kind == KIND_socket ? "socket" : "descriptor";
	if (opened == 1)
		return xasprintf("the only %s opened here", what);
	if (open == 0)
		return xasprintf("%llu %ss were opened here", opened, what);
	if (closed == 0)
		return xasprintf("%llu %ss were opened here, and none was closed", opened, what);
	/* A single one is shown as an example of a proper close; of many, the number is enough. */
	char *sibling = closed == 1 && evidence->sibling >= 0
				? xasprintf(" as descriptor %lld", (long long)evidence->sibling)
				: xstrdup("");
	char *text = xasprintf("%llu of %llu %ss opened here %s closed%s, %s not", closed, opened, what,
			       closed == 1 ? "was" : "were", sibling, open == 1 ? "this one was" : "the others were");
	free(sibling);
	return text;
}

char *evidence_words(const struct finding *finding)
{
	const struct evidence *evidence = &finding->evidence;
	if (!evidence->opened || (evidence->opened == 1 && evidence->oldest < 1000000))
		return NULL;
	char *counts = counts_words(finding), *age = evidence->oldest >= 1000000 ? time_text(evidence->oldest) : NULL;
	char *text =
		xasprintf("%s%s%s%s%s", counts,
			  !age			  ? ""
			  : evidence->opened == 1 ? ", for "
						  : "; the oldest was open for ",
			  age ? age : "", evidence->why & 1 << WHY_OUTLIVED ? "; later ones were closed before it" : "",
			  evidence->why & 1 << WHY_REPEATS ? "; the leak repeats" : "");
	free(counts);
	free(age);
	return text;
}
