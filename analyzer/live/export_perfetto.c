/* The life of each socket on a timeline: JSON in Chrome's Trace Event Format, which Perfetto reads.
 *
 * A life is an async slice, from the call that opened it to the last close; its states are nested in it, one after another. What is still
 * open has no end. Times are in microseconds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/judge/words.h"
#include "analyzer/live/export.h"
#include "analyzer/live/second_pass.h"
#include "analyzer/report/json_text.h"
#include "analyzer/symbols/symbols.h"

struct timeline {
	FILE *out;
	bool any; /* not the first object */
	int result;
};

/* Takes ownership of the object. */
static void write_event(struct timeline *timeline, json_t *object)
{
	fputs(timeline->any ? ",\n" : "", timeline->out);
	timeline->any = true;
	if (json_dumpf(object, timeline->out, JSON_COMPACT | JSON_REAL_PRECISION(16)) < 0)
		timeline->result = -1;
	json_decref(object);
}

static json_t *event_of(const struct passed *passed, const char *phase, const char *name)
{
	const struct trace_event *event = passed->event;
	json_t *object = json_object();
	json_set_text(object, "ph", phase);
	json_set_text(object, "name", name);
	json_set_number(object, "pid", event->pid);
	json_set_number(object, "tid", event->tid >= 0 ? event->tid : event->pid);
	json_object_set_new(object, "ts", json_real((double)event->t / 1e3));
	return object;
}

/* An event of a life: phase "b" begins a slice nested in others with its id, "e" ends it. */
static json_t *life_event(const struct passed *passed, const char *phase, const char *name)
{
	const struct socket_life *life = passed->moment.life;
	char *id = xasprintf("%lld.%lld", (long long)passed->event->pid, (long long)life->sock);
	json_t *object = event_of(passed, phase, name);
	json_set_text(object, "cat", kind_name(life->kind));
	json_set_text(object, "id", id);
	free(id);
	return object;
}

static const char *life_words(const struct socket_life *life)
{
	return life->kind == KIND_socket ? kind_of_socket(life->family, life->type) : kind_words(life->kind, NULL);
}

static void begin_life(struct timeline *timeline, const struct passed *passed)
{
	const struct trace_event *event = passed->event;
	const struct symbols *stack = passed_stack(passed, event->stack);
	const struct symbol *at = stack ? symbols_location(stack) : NULL;
	json_t *object = life_event(passed, "b", life_words(passed->moment.life)), *about = json_object();
	json_set_text(about, "op", event->op);
	json_set_number(about, "fd", event->fd);
	json_set_text(about, "local", event->local);
	json_set_text(about, "peer", event->peer);
	if (at) {
		char *place;
		size_t n;
		FILE *text = memstream(&place, &n);
		print_location(text, at);
		fclose(text);
		json_set_text(about, "place", place);
		json_set_text(about, "function", at->function);
		free(place);
	}
	json_object_set_new(object, "args", about);
	write_event(timeline, object);
}

/* A change of state ends the slice of the previous state. */
static void change_state(struct timeline *timeline, const struct passed *passed, bool begins)
{
	const struct trace_event *event = passed->event;
	bool was = !begins && event->from > STATE_NONE, is = !passed->moment.ended && event->to > STATE_NONE;
	if (!begins && event->from == event->to && is)
		return;
	if (was && (is || passed->moment.ended))
		write_event(timeline, life_event(passed, "e", state_name(event->from)));
	if (is && (was || begins))
		write_event(timeline, life_event(passed, "b", state_name(event->to)));
}

static void write_fact(struct timeline *timeline, const struct passed *passed)
{
	const struct trace_event *event = passed->event;
	const struct socket_life *life = passed->moment.life;
	bool begins = life && life->t == event->t && event->kind == EVENT_FD;
	if (event->violation)
		write_event(timeline, event_of(passed, "i", event->violation));
	if (!life || event->kind != EVENT_FD || life->recalled)
		return;
	if (begins)
		begin_life(timeline, passed);
	change_state(timeline, passed, begins);
	if (passed->moment.ended)
		write_event(timeline, life_event(passed, "e", life_words(life)));
}

static void name_process(struct timeline *timeline, const struct passed *passed)
{
	const char *name = passed->process ? process_name(passed->process) : NULL;
	if (!name)
		return;
	json_t *object = event_of(passed, "M", "process_name");
	json_object_set_new(object, "args", json_pack("{s:o}", "name", json_text(name)));
	write_event(timeline, object);
}

int export_perfetto(FILE *out, const struct session *session)
{
	struct timeline timeline = {.out = out};
	struct second_pass *pass = second_pass_new(session);
	struct passed passed;
	if (!pass)
		return -1;
	fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
	while (timeline.result == 0 && second_pass_next(pass, &passed)) {
		if (passed.event->kind == EVENT_PROCESS)
			name_process(&timeline, &passed);
		else if (passed.moment.event)
			write_fact(&timeline, &passed);
	}
	fputs("\n]}\n", out);
	second_pass_free(pass);
	return ferror(out) ? -1 : timeline.result;
}
