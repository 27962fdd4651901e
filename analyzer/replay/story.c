/* The story of a descriptor: see story.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/story.h"

#include <stdbool.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/lives.h"

enum { PAST_STEPS = STORY_STEPS - 1, FEW = 2 };

/* Most lives have a call or two between their beginning and their end. */
struct past {
	size_t n;
	struct story_step steps[];
};

static bool is_again(const struct story_step *a, const struct story_step *b)
{
	return a->op == b->op && a->error == b->error && a->stack == b->stack && a->to == b->to && a->pid == b->pid &&
	       a->tid == b->tid;
}

/* The first use of an inherited socket has a line of its own; what the call did is in another one. */
static bool is_told_again(const struct story_step *first, const struct story_step *step)
{
	return first->first_use && first->op == step->op && first->pid == step->pid && first->tid == step->tid;
}

/* Drops the step at `i`. */
static void omit(struct story_step *steps, size_t *n, size_t i)
{
	uint32_t omitted = steps[i].omitted + steps[i].count;
	memmove(steps + i, steps + i + 1, (--*n - i) * sizeof *steps);
	steps[i].omitted += omitted;
}

static struct story_step step_of(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	/* The call in such a line noticed the close; it did not make it. */
	const char *op = event->note == NOTE_closed_unseen ? note_name(NOTE_closed_unseen) : event->op;
	return (struct story_step){
		.op = op ? intern(op) : NULL,
		.error = event->error ? intern(event->error) : NULL,
		.stack = moment->stack,
		.t = event->t,
		.pid = moment->process->pid,
		.tid = event->tid,
		.count = 1,
		.to = event->to > STATE_NONE && event->to != event->from ? event->to : STATE_ABSENT,
		.first_use = event->note == NOTE_first_use,
	};
}

void story_learn(const struct moment *moment)
{
	struct past **at = &moment->life->past, *past = *at;
	struct story_step step = step_of(moment);
	size_t n = past ? past->n : 0;
	if (n > 0 && is_told_again(&past->steps[n - 1], &step)) {
		step.omitted = past->steps[n - 1].omitted;
		past->steps[n - 1] = step;
		return;
	}
	if (n > 0 && is_again(&past->steps[n - 1], &step)) {
		past->steps[n - 1].count++;
		return;
	}
	if (n == 0 || n == FEW) {
		*at = xreallocarray(past, 1, sizeof *past + (n ? PAST_STEPS : FEW) * sizeof step);
		past = *at;
		past->n = n;
	}
	if (n == PAST_STEPS)
		omit(past->steps, &past->n, 0);
	past->steps[past->n++] = step;
}

struct story_step step_at(const char *op, struct stack_ref *stack, int64_t t, int64_t pid, int64_t tid)
{
	return (struct story_step){
		.op = op, .stack = stack, .t = t, .pid = pid, .tid = tid, .count = 1, .to = STATE_ABSENT};
}

void story_add(struct story *story, struct story_step step)
{
	struct story_step steps[STORY_STEPS + 1];
	size_t at = story->n, n = story->n + 1;
	while (at > 0 && story->steps[at - 1].t > step.t)
		at--;
	memcpy(steps, story->steps, at * sizeof step);
	steps[at] = step;
	memcpy(steps + at + 1, story->steps + at, (story->n - at) * sizeof step);
	if (n > STORY_STEPS)
		omit(steps, &n, 1);
	memcpy(story->steps, steps, n * sizeof step);
	story->n = n;
}

struct story story_of(const struct socket_life *life)
{
	const struct traced_process *process = life->process;
	const struct maker *maker = life_maker(life);
	const struct past *past = life->past;
	struct story story = {0};
	if (maker && maker->process != process && maker->t <= life->t)
		story_add(&story, step_at(maker->op, maker->opened, maker->t, maker->process->pid, maker->tid));
	if (life->opened_op)
		story_add(&story,
			  step_at(life->opened_op, life->opened || life->made ? life->opened : process->entered.stack,
				  life->t, process->pid, life->tid));
	for (size_t i = 0; past && i < past->n; i++)
		story_add(&story, past->steps[i]);
	return story;
}
