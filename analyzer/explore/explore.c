/* Runs a command again and again: see explore.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/explore.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/base/violation.h"
#include "analyzer/explore/chance.h"
#include "analyzer/explore/ledger.h"
#include "analyzer/explore/plan.h"
#include "analyzer/explore/progress_line.h"
#include "analyzer/explore/run_totals.h"
#include "analyzer/explore/trial.h"
#include "analyzer/explore/undisturbed.h"
#include "analyzer/explore/verdict.h"
#include "shim/model/version.h"

enum { REACHED_IN = 3 }; /* how often to try a place that is not reached */

struct explorer {
	const struct exploration *wanted;
	struct explored *explored;
	struct trial_setting setting;
	char *folder;
	char *command; /* quoted, for the command line that repeats a violation */
	struct undisturbed base;
	struct plan plan;
	struct job {
		struct trial trial;
		struct planned *planned;
		json_t *found; /* found by the previous run, which this one is to confirm; NULL: none */
	} * jobs;
	unsigned n_jobs; /* of that run */
	unsigned names;
	json_t *violations, *processes;
	struct run_totals totals;
	struct ledger *ledger;
	struct chance *chance;
	size_t by_chance; /* violations that were left out */
	int64_t began;
};

/* -- signals -------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void take_signals(void)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_stop}, given;
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		if (sigaction(ending[i], NULL, &given) == 0 && given.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
}

static void count_run(struct explorer *explorer, const struct trial_result *result)
{
	explorer->explored->runs++;
	run_totals_add(&explorer->totals, result->report);
}

/* -- the undisturbed command ------------------------------------------------------------------------------------ */

/* Makes one run and waits for it. False: it could not be made, or this process was asked to end. */
static bool run_undisturbed(struct explorer *explorer, struct trial_result *result)
{
	struct trial trial;
	int status;
	pid_t pid;
	char *name = xasprintf("run%u", explorer->names++);
	const char *inject = explorer->wanted->memory ? "learn+memory" : "learn";
	int failed = trial_start(&trial, &explorer->setting, name, inject);
	free(name);
	if (failed)
		return false;
	while ((pid = waitpid(trial.pid, &status, 0)) < 0 && errno == EINTR && !stopped)
		;
	if (pid < 0) {
		trial_stop(&trial);
		return false;
	}
	*result = trial_finish(&trial, status);
	count_run(explorer, result);
	return true;
}

/* Whether the run is usable; complains if not. */
static bool is_usable(const struct explorer *explorer, const struct trial_result *result)
{
	char *limit = time_text(explorer->setting.limit_ns);
	if (result->hung)
		complain(
			"%s did not end within %s undisturbed: explore needs a command that ends, such as a script that starts "
			"the server, uses it and stops it (--timeout=TIME allows more time)",
			explorer->wanted->command[0], limit);
	else if (!result->report)
		complain("%s could not be run: %.2000s", explorer->wanted->command[0],
			 *result->error ? result->error : "--setup or --reset failed");
	free(limit);
	return result->report && !result->hung;
}

/* A command that uses servers outside its own network behaves differently in it: then it gets the machine's. */
static bool choose_network(struct explorer *explorer, struct trial_result *result)
{
	struct trial_result outside;
	if (!run_undisturbed(explorer, result))
		return false;
	if (!explorer->setting.own_network || (result->report && !result->hung && result->status == 0))
		return true;
	explorer->setting.own_network = false;
	if (!run_undisturbed(explorer, &outside)) {
		trial_result_free(result);
		return false;
	}
	bool same = outside.status == result->status && outside.hung == result->hung;
	explorer->setting.own_network = same;
	trial_result_free(same ? &outside : result);
	if (!same)
		*result = outside;
	return true;
}

static bool learn(struct explorer *explorer)
{
	struct trial_result result;
	bool ok = choose_network(explorer, &result);
	for (unsigned i = 0; ok; i++) {
		ok = is_usable(explorer, &result);
		if (!ok) {
			trial_result_free(&result);
			break;
		}
		undisturbed_take(&explorer->base, &result);
		if (i + 1 == UNDISTURBED_RUNS)
			break;
		ok = run_undisturbed(explorer, &result);
	}
	return ok;
}

/* -- failures ------------------------------------------------------------------------------------------------- */

static struct fault_spec spec_of(const struct planned *planned)
{
	struct fault_spec spec = {.call = planned->call, .error = planned->fault->error, .occurrence = 1};
	strcpy(spec.site, planned->site->site);
	return spec;
}

static char *again_of(const struct explorer *explorer, const struct fault_spec *spec)
{
	char *inject = fault_spec_text(spec),
	     *again = xasprintf("socksan run %s--inject=%s -- %s", explorer->wanted->options_again, inject,
				explorer->command);
	free(inject);
	return again;
}

/* The next one to try, or NULL. */
static struct planned *next_planned(struct explorer *explorer)
{
	for (size_t i = 0; i < explorer->plan.n; i++) {
		struct planned *planned = &explorer->plan.list[i];
		if (!planned->running && planned->fault->result == EXPLORED_NOT_TRIED)
			return planned;
	}
	return NULL;
}

static bool start_job(struct explorer *explorer, struct job *job, struct planned *planned, json_t *found)
{
	struct fault_spec spec = spec_of(planned);
	char *inject = fault_spec_text(&spec), *name = xasprintf("run%u", explorer->names++);
	int failed = trial_start(&job->trial, &explorer->setting, name, inject);
	free(inject);
	free(name);
	if (failed)
		return false;
	job->planned = planned;
	job->found = found;
	planned->running = true;
	explorer->n_jobs++;
	return true;
}

/* The violations of the second run that the first had too: the second is the one whose report is at hand. */
static json_t *confirmed(const json_t *first, const json_t *second)
{
	json_t *both = json_array(), *violation;
	size_t i;
	json_array_foreach(second, i, violation) if (has_print(first, print_of(violation)))
		json_array_append(both, violation);
	return both;
}

/* The processes of a run that are named by what was found in it; a new array. */
static json_t *processes_of(const json_t *report, const json_t *found)
{
	json_t *named = json_array(), *process;
	const json_t *violation, *pid;
	size_t i, j, k;
	json_array_foreach(json_object_get(report, "processes"), i, process)
	{
		bool is_named = false;
		json_array_foreach(found, j, violation) json_array_foreach(json_object_get(violation, "pids"), k, pid)
			is_named |= json_equal((json_t *)pid, json_object_get(process, "pid"));
		if (is_named)
			json_array_append(named, process);
	}
	return named;
}

/* Its runs are done. */
static void settle(struct explorer *explorer, struct planned *planned, json_t *found, const json_t *report)
{
	json_t *processes = processes_of(report, found);
	planned->found = json_incref(found);
	planned_set_codes(planned, found);
	json_array_extend(explorer->violations, found);
	json_array_extend(explorer->processes, processes);
	ledger_put(explorer->ledger, planned, found, processes);
	json_decref(processes);
}

/* Leaves out what, it turned out, does not come from the failures. */
static void sift(struct explorer *explorer)
{
	json_t *left_out = json_array();
	json_array_clear(explorer->violations);
	for (size_t i = 0; i < explorer->plan.n; i++) {
		struct planned *planned = &explorer->plan.list[i];
		json_t *kept = json_array(), *violation;
		size_t j;
		json_array_foreach(planned->found, j, violation)
		{
			const char *print = print_of(violation);
			if (!undisturbed_has(&explorer->base, print) && !chance_has(explorer->chance, print))
				json_array_append(kept, violation);
			else if (!has_print(left_out, print))
				json_array_append(left_out, violation);
		}
		if (planned->found)
			planned_set_codes(planned, kept);
		json_array_extend(explorer->violations, kept);
		json_decref(kept);
	}
	explorer->by_chance = json_array_size(left_out);
	json_decref(left_out);
}

static void take(struct explorer *explorer, struct job *job, struct trial_result *result)
{
	struct planned *planned = job->planned;
	struct fault_spec spec = spec_of(planned);
	json_t *first = job->found, *found = NULL;
	count_run(explorer, result);
	planned->running = false;
	*job = (struct job){0};
	explorer->n_jobs--;
	if (!verdict_reached(result)) {
		if (++planned->attempts >= REACHED_IN) {
			planned->fault->result = EXPLORED_NOT_REACHED;
			ledger_put(explorer->ledger, planned, NULL, NULL);
		}
		json_decref(first);
		return;
	}
	char *again = again_of(explorer, &spec);
	found = verdict(result, &spec, &explorer->base, again);
	free(again);
	if (first) {
		json_t *both = confirmed(first, found);
		chance_take(&explorer->chance, first, found);
		settle(explorer, planned, both, result->report);
		json_decref(both);
	} else if (json_array_size(found) == 0) {
		settle(explorer, planned, found, result->report);
	} else if (!stopped && start_job(explorer, job, planned, found)) {
		return;
	}
	json_decref(first);
	json_decref(found);
}

static bool is_over(const struct explorer *explorer)
{
	int64_t budget = explorer->wanted->budget;
	return stopped || (budget && monotonic_now() - explorer->began > budget);
}

static void fill(struct explorer *explorer)
{
	struct planned *planned;
	for (unsigned i = 0; i < explorer->wanted->jobs && !is_over(explorer); i++)
		if (!explorer->jobs[i].planned && (planned = next_planned(explorer)) &&
		    !start_job(explorer, &explorer->jobs[i], planned, NULL))
			stopped = 1;
}

static void try_all(struct explorer *explorer)
{
	for (;;) {
		fill(explorer);
		if (!explorer->n_jobs || stopped)
			break;
		int status;
		pid_t pid = waitpid(-1, &status, 0);
		for (unsigned i = 0; pid > 0 && i < explorer->wanted->jobs; i++) {
			struct job *job = &explorer->jobs[i];
			if (!job->planned || job->trial.pid != pid)
				continue;
			struct trial_result result = trial_finish(&job->trial, status);
			take(explorer, job, &result);
			trial_result_free(&result);
			break;
		}
		progress_line(explorer->explored, json_array_size(explorer->violations),
			      monotonic_now() - explorer->began);
	}
	progress_line_end();
	for (unsigned i = 0; i < explorer->wanted->jobs; i++) {
		trial_stop(&explorer->jobs[i].trial);
		json_decref(explorer->jobs[i].found);
	}
	explorer->explored->stopped = next_planned(explorer) != NULL || stopped;
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

static char *quoted(char **words)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	for (size_t i = 0; words[i]; i++) {
		bool bare = *words[i] && strspn(words[i], plain) == strlen(words[i]);
		fputs(i ? " " : "", out);
		fputs(bare ? "" : "'", out);
		for (const char *c = words[i]; *c; c++)
			if (*c == '\'')
				fputs("'\\''", out);
			else
				fputc(*c, out);
		fputs(bare ? "" : "'", out);
	}
	fclose(out);
	return text;
}

static char *make_folder(void)
{
	const char *above = getenv("TMPDIR");
	char *path = xasprintf("%s/socksan-explore-XXXXXX", above && *above ? above : "/tmp");
	const char *why = strchr(path, ':') ? "a ':' in it" : NULL;
	if (!why && mkdtemp(path))
		return path;
	complain("%s: %s; name another folder with TMPDIR", path, why ? why : strerror(errno));
	free(path);
	return NULL;
}

/* A violation that also occurs without any failure, if seldom, may have been missed before. */
static void learn_again(struct explorer *explorer)
{
	struct trial_result result;
	if (json_array_size(explorer->violations) == 0)
		return;
	for (unsigned i = 0; i < UNDISTURBED_RUNS && !stopped && run_undisturbed(explorer, &result); i++) {
		undisturbed_take_prints(&explorer->base, &result);
		trial_result_free(&result);
	}
}

static json_t *report_of(struct explorer *explorer)
{
	json_t *notes = undisturbed_notes(&explorer->base);
	if (!explorer->setting.own_network)
		json_array_append_new(notes,
				      json_string("the runs shared the machine's network: ports may have collided"));
	if (explorer->by_chance) {
		char *text = xasprintf("%zu violation%s left out, which come%s and go%s whatever fails",
				       explorer->by_chance, explorer->by_chance == 1 ? " was" : "s were",
				       explorer->by_chance == 1 ? "s" : "", explorer->by_chance == 1 ? "es" : "");
		json_array_append_new(notes, json_string(text));
		free(text);
	}
	return json_pack("{s:s, s:{s:s, s:s}, s:O, s:o, s:O, s:o, s:o}", "schema", "socksan-report/1", "tool", "name",
			 "socksan", "version", SOCKSAN_VERSION, "processes", explorer->processes, "totals",
			 run_totals_json(&explorer->totals), "violations", explorer->violations, "notes", notes,
			 "incomplete", run_totals_incomplete(&explorer->totals));
}

static void resume(struct explorer *explorer)
{
	for (size_t i = 0; i < explorer->plan.n; i++) {
		struct planned *planned = &explorer->plan.list[i];
		const json_t *line = ledger_find(explorer->ledger, planned);
		planned->found = json_incref(json_object_get(line, "found"));
		json_array_extend(explorer->violations, planned->found);
		json_array_extend(explorer->processes, json_object_get(line, "processes"));
	}
}

static void release(struct explorer *explorer)
{
	ledger_close(explorer->ledger);
	undisturbed_free(&explorer->base);
	chance_free(explorer->chance);
	for (size_t i = 0; i < explorer->plan.n; i++)
		json_decref(explorer->plan.list[i].found);
	json_decref(explorer->violations);
	json_decref(explorer->processes);
	free(explorer->plan.list);
	free(explorer->jobs);
	free(explorer->command);
	folder_remove(explorer->folder);
	free(explorer->folder);
}

json_t *explore(const struct exploration *wanted, struct explored *explored)
{
	enum { FIRST_LIMIT_S = 60, LEAST_LIMIT_S = 5, TIMES = 10 };
	struct explorer explorer = {.wanted = wanted,
				    .explored = explored,
				    .folder = make_folder(),
				    .command = quoted(wanted->command),
				    .violations = json_array(),
				    .processes = json_array(),
				    .jobs = xcalloc(wanted->jobs, sizeof *explorer.jobs),
				    .began = monotonic_now()};
	json_t *report = NULL;
	if (!explorer.folder)
		return NULL;
	take_signals();
	explorer.setting = (struct trial_setting){.folder = explorer.folder,
						  .setup = wanted->setup,
						  .reset = wanted->reset,
						  .own_network = !wanted->host_network && trial_network_possible(),
						  .limit_ns = FIRST_LIMIT_S * INT64_C(1000000000),
						  .options = wanted->options,
						  .command = wanted->command};
	if (wanted->timeout)
		explorer.setting.limit_ns = wanted->timeout;
	if (ledger_open(&explorer.ledger, wanted->resume, explorer.command) && learn(&explorer)) {
		int64_t least = LEAST_LIMIT_S * INT64_C(1000000000), limit = TIMES * explorer.base.longest;
		explorer.setting.limit_ns = wanted->timeout ? wanted->timeout : limit > least ? limit : least;
		explorer.plan = plan_make(wanted, &explorer.base, explored);
		resume(&explorer);
		try_all(&explorer);
		learn_again(&explorer);
		sift(&explorer);
		explored->seconds = (double)(monotonic_now() - explorer.began) / 1e9;
		report = report_of(&explorer);
	}
	/* owns the names of sites */
	for (size_t i = 0; i < explored->n; i++)
		explored->sites[i].site = intern(explored->sites[i].site);
	release(&explorer);
	return report;
}
