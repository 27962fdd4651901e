/* Whether a finding is in user code: see own_code.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/weigh/own_code.h"

#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/symbols/languages.h"
#include "analyzer/symbols/user_code.h"

static const struct interpreter {
	const char *name, *code, *values, *tails, *path;
} interpreters[] = {
#define INTERPRETER(...) {__VA_ARGS__},
#include "analyzer/symbols/interpreter.def"
#undef INTERPRETER
};

static const struct interpreter *interpreter_of(const struct traced_process *process)
{
	const char *name = process->exe ? base_name(process->exe) : "";
	for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
		if (is_version_of(name, interpreters[i].name))
			return &interpreters[i];
	}
	return NULL;
}

enum option { OPTION_ALONE, OPTION_WITH_CODE, OPTION_WITH_NEXT };

static enum option option_of(const char *word, const struct interpreter *interpreter)
{
	static const char *const long_ones[] = {"--require",	"--import", "--loader",	  "--experimental-loader",
						"--conditions", "--rcfile", "--init-file"};
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
		if (strcmp(word, long_ones[i]) == 0)
			return OPTION_WITH_NEXT;
	for (size_t i = 1; word[1] != '-' && word[i]; i++) {
		if (strchr(interpreter->code, word[i]))
			return OPTION_WITH_CODE;
		if (strchr(interpreter->tails, word[i]))
			return OPTION_ALONE;
		if (strchr(interpreter->values, word[i]))
			return word[i + 1] ? OPTION_ALONE : OPTION_WITH_NEXT;
	}
	return OPTION_ALONE;
}

/* The script that an interpreter was given; NULL: none, or on the command line itself. */
static const char *script_of(const struct traced_process *process, const struct interpreter *interpreter)
{
	for (size_t i = 1; i < process->n_argv; i++) {
		const char *word = process->argv[i];
		if (interpreter->path && strcmp(word, interpreter->path) == 0)
			return i + 1 < process->n_argv ? process->argv[i + 1] : NULL;
		if (*word != '-')
			return interpreter->path ? NULL : word;
		enum option option = option_of(word, interpreter);
		if (option == OPTION_WITH_CODE)
			return NULL;
		i += option == OPTION_WITH_NEXT;
	}
	return NULL;
}

bool is_own_program(const struct traced_process *process)
{
	const struct interpreter *interpreter = interpreter_of(process);
	if (!process->exe)
		return true;
	if (!interpreter)
		return is_own_path(process->exe);
	const char *script = script_of(process, interpreter);
	return !script || is_own_path(script);
}

/* Whether a frame of a script shows whose code it is. Node's own frames do not: when its loop runs them, the code that asked is no longer
 * on the stack. */
static bool tells_whose(const struct symbol *symbol)
{
	bool node = symbol->lang == LANG_javascript && symbol->file && is_library_of(symbol->lang, symbol->file);
	return symbol->lang && !node;
}

bool tells_place(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT])
{
	bool any = false;
	for (int role = 0; role < ROLES_TELLING; role++)
		for (size_t i = 0; stacks[role] && i < stacks[role]->n; i++) {
			if (stacks[role]->list[i].own || tells_whose(&stacks[role]->list[i]))
				return true;
			any = true;
		}
	return any && !interpreter_of(finding->process);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Where a library makes connections that it keeps for later requests and closes on its own: a program that has read its answer has done its
 * part. HttpURLConnection and java.net.http of the JDK; the agent of Node's http and https, and its fetch; a manager of Python's
 * multiprocessing, whose process ends as it is told to. And what it makes once for all users: the default group of asynchronous channels. The set
 * with which a client of java.net.http waits, until a thread of the JDK finds the client unused. And the pipes of a process that Java starts:
 * a thread of the JDK closes them once the process has ended, soon after waitFor() returns. */
static bool is_of_pool(const struct symbol *symbol)
{
	static const struct {
		enum lang lang;
		const char *file, *function; /* how the file's name ends; NULL: any */
	} pools[] = {
		{LANG_java, NULL, "sun.net.www.http.HttpClient.openServer"},
		{LANG_java, NULL, "jdk.internal.net.http.HttpConnection.getConnection"},
		{LANG_java, NULL, "sun.nio.ch.LinuxAsynchronousChannelProvider.defaultEventPort"},
		{LANG_java, NULL, "jdk.internal.net.http.HttpClientImpl$SelectorManager.<init>"},
		{LANG_java, NULL, "java.lang.ProcessImpl.forkAndExec"},
		{LANG_python, "/multiprocessing/managers.py", NULL},
		{LANG_javascript, "node:_http_agent", NULL},
		{LANG_javascript, "node:internal/deps/undici/undici", NULL},
	};
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		if (symbol->lang == pools[i].lang &&
		    (!pools[i].file || (symbol->file && ends_with(symbol->file, pools[i].file))) &&
		    (!pools[i].function || (symbol->function && strcmp(symbol->function, pools[i].function) == 0)))
			return true;
	return false;
}

/* What Ruby makes for its timer thread, anew in each forked child, where the fork's frames are below it. No script can make one by itself. */
static bool is_of_ruby(const struct finding *finding, const struct symbols *opened)
{
	bool ruby = false;
	if (finding->kind != KIND_eventfd && finding->kind != KIND_epoll)
		return false;
	for (size_t i = 0; i < opened->n; i++) {
		const struct symbol *symbol = &opened->list[i];
		ruby |= symbol->lang == LANG_ruby;
		if (!symbol->lang && symbol->module &&
		    !is_part_of_c(symbol->module)) /* a script's frames come before those in C */
			return ruby && (strncmp(base_name(symbol->module), "libruby", strlen("libruby")) == 0 ||
					is_version_of(base_name(symbol->module), "ruby"));
	}
	return false;
}

static bool is_of_libcurl(const struct symbol *symbol)
{
	const char *name = symbol->module ? strrchr(symbol->module, '/') : NULL;
	return name && strncmp(name, "/libcurl", strlen("/libcurl")) == 0;
}

/* Also what libcurl makes for a script in PHP, where curl_close() does nothing, and a handle goes with its last reference. */
static bool is_pooled(const struct finding *finding, const struct symbols *opened)
{
	bool php = false;
	if (finding->code == VIOLATION_never_closed && opened && is_of_ruby(finding, opened))
		return true;
	for (size_t i = 0; finding->code == VIOLATION_never_closed && opened && i < opened->n; i++) {
		php |= opened->list[i].lang == LANG_php; /* a script's frames come before those in C */
		if (is_of_pool(&opened->list[i]) || (php && is_of_libcurl(&opened->list[i])))
			return true;
	}
	return false;
}

bool is_habit(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT])
{
	const struct symbols *at = stacks[ROLE_AT];
	for (size_t i = 0; finding->code == VIOLATION_wrong_state && at && i < at->n; i++)
		if (at->list[i].lang == LANG_java && at->list[i].function &&
		    strcmp(at->list[i].function, "sun.nio.ch.NioSocketImpl.close") == 0)
			return true;
	return false;
}

/* A user function that ends in a tail call leaves no frame: in a process that runs the user's program, a thread or callback with only
 * library frames may well be the user's. But what an interpreter opens for itself, before or beside the script, are files, pipes and the
 * like. */
bool is_own_finding(const struct finding *finding, const struct symbols *const stacks[ROLE_COUNT])
{
	bool scripts = false, of_interpreter = finding->kind != KIND_socket && interpreter_of(finding->process);
	/* A script that starts a program passes on what its interpreter made inheritable: PHP's file of the script. */
	int roles = of_interpreter && finding->code == VIOLATION_leaked_to_exec ? ROLE_OPENED + 1 : ROLE_COUNT;
	if (is_pooled(finding, stacks[ROLE_OPENED]) || is_habit(finding, stacks))
		return false;
	for (int role = 0; role < roles; role++)
		for (size_t i = 0; stacks[role] && i < stacks[role]->n; i++) {
			if (stacks[role]->list[i].own)
				return true;
			scripts |= tells_whose(&stacks[role]->list[i]);
		}
	return !scripts && !of_interpreter && is_own_program(finding->process);
}
