/* The environment of the next program: see env.h; ld.so(8), environ(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/env.h"

#include "shim/kernel/errand.h"
#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/state/self.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PRELOAD "LD_PRELOAD="
#define OPTIONS_KEY "SOCKSAN_OPTIONS="

static char own_preload[sizeof PRELOAD + 4096]; /* for a program without an LD_PRELOAD of its own; "" = path unknown */
static char own_options[8192];			/* as given, with the path made absolute */
static char given_options[4096];

static const char *value_of(char *const *envp, const char *key)
{
	size_t len = strlen(key);
	for (; envp && *envp; envp++)
		if (!strncmp(*envp, key, len))
			return *envp + len;
	return NULL;
}

static bool last_path_is_absolute(const char *text)
{
	bool absolute = false;
	while (text && (text = strstr(text, "log_path="))) {
		text += sizeof "log_path=" - 1;
		absolute = *text == '/';
	}
	return absolute;
}

/* In place, since the environment is the process's own memory. */
static void forget_runtime(char *preload)
{
	size_t len = preload ? strcspn(preload, ":") : 0;
	if (!len || !runtime_is(preload, len) || strncmp(preload + len, RUNTIME_MARK, sizeof RUNTIME_MARK - 1))
		return;
	for (char *from = preload + len + sizeof RUNTIME_MARK - 1; (*preload++ = *from++);)
		;
}

/* The part of an LD_PRELOAD value that names the shim, or NULL. */
static const char *find_shim(const char *value, size_t *len)
{
	while (value && *value) {
		size_t n = strcspn(value, ": ");
		const char *name = memrchr(value, '/', n);
		name = name ? name + 1 : value;
		size_t name_len = n - (size_t)(name - value);
		const char *own = strrchr(own_preload, '/');
		if (own && strlen(own + 1) == name_len && !memcmp(own + 1, name, name_len)) {
			*len = n;
			return value;
		}
		value += n + (value[n] != 0);
	}
	return NULL;
}

/* Copies what is before and after the shim, minus one separator. `to` may be the value itself. */
static void put_rest(char *to, const char *value, const char *shim, size_t len)
{
	const char *rest = shim + len;
	size_t before = (size_t)(shim - value);
	if (*rest)
		rest++;
	else if (before)
		before--;
	if (to != value)
		memcpy(to, value, before);
	for (to += before; (*to++ = *rest++);)
		;
}

/* Programs that libc starts with `environ` as it is, by system and popen, then start without the shim. */
static void forget_shim(char **envp)
{
	size_t len;
	char *preload = (char *)value_of(envp, PRELOAD);
	const char *shim = find_shim(preload, &len);
	if (!shim)
		return;
	put_rest(preload, preload, shim, len);
	for (; !*preload && *envp; envp++)
		if (*envp == preload - (sizeof PRELOAD - 1))
			while ((envp[0] = envp[1]))
				envp++;
}

/* A relative path is no path for a child that runs elsewhere. The last value of a key counts, so the absolute one goes last. True: it was
 * added, which a working directory with a ':' in its name forbids. */
static bool keep_options(const char *given)
{
	if (given && strlen(given) < sizeof given_options)
		strcpy(given_options, given);
	char *at = stpcpy(stpcpy(own_options, OPTIONS_KEY), given_options);
	if (last_path_is_absolute(given_options) || strchr(options.log_path, ':'))
		return false;
	if (*given_options)
		*at++ = ':';
	stpcpy(stpcpy(at, "log_path="), options.log_path);
	return true;
}

static void keep_shim(void)
{
	if (*program_shim)
		stpcpy(stpcpy(own_preload, PRELOAD), program_shim);
}

void env_attach(const char *text)
{
	keep_shim();
	keep_options(text);
}

void env_init(char **envp)
{
	const char *given = value_of(envp, OPTIONS_KEY);
	forget_runtime((char *)value_of(envp, PRELOAD));
	keep_shim();
	if (!options.follow)
		forget_shim(envp);
	if (!keep_options(given))
		return;
	for (; given && *envp; envp++)
		if (*envp == given - (sizeof OPTIONS_KEY - 1))
			*envp = own_options;
}

struct search {
	struct env_plan *plan;
	const char *path;
};

static void search(void *p)
{
	struct search *s = p;
	s->plan->runtime_len = runtime_of(s->path, s->plan->runtime);
}

/* The runtime that `path` needs first, unless the host already put it there. */
static void find_runtime(struct env_plan *p, const char *path)
{
	struct search s = {p, path};
	p->runtime_len = 0;
	if (path)
		errand(search, &s, ERRAND_EMPTY, false);
	if (p->runtime_len && p->preload_value && strstr(p->preload_value, p->runtime))
		p->runtime_len = 0;
}

/* Whether an entry has that key; -1 if that much of it cannot be read. */
static int has_key(const char *entry, const char *key, uintptr_t *page)
{
	for (; *key; key++, entry++) {
		if (!peek_page((uintptr_t)entry, page))
			return -1;
		if (*entry != *key)
			return 0;
	}
	return 1;
}

/* An environment that the kernel has not checked yet. */
struct reading {
	size_t n;
	const char *preload, *options; /* the first value of each, or NULL */
};

/* Returns false if it cannot be read; then it is passed on unchanged. */
static bool read_environment(char *const *envp, struct reading *r)
{
	static const char *const keys[] = {PRELOAD, OPTIONS_KEY};
	uintptr_t array = 0, text = 0;
	for (; envp; r->n++) {
		if (!peek_page((uintptr_t)&envp[r->n], &array) || (uintptr_t)&envp[r->n] % sizeof *envp)
			return false;
		const char *entry = envp[r->n];
		if (!entry)
			return true;
		for (int k = 0; k < 2; k++) {
			const char **value = k ? &r->options : &r->preload;
			int has = has_key(entry, keys[k], &text);
			if (has < 0 || (has && peek_length(entry, &text) < 0))
				return false;
			if (has && !*value)
				*value = entry + strlen(keys[k]);
		}
	}
	return !envp;
}

struct env_plan env_plan(char *const *envp, bool follow, const char *path)
{
	struct reading r = {0};
	if (!*own_preload || !read_environment(envp, &r)) /* passed on unchanged, perhaps with the shim */
		return (struct env_plan){.ours = follow && sys_off()};
	struct env_plan p = {.preload_value = r.preload};
	p.shim = find_shim(p.preload_value, &p.shim_len);
	p.strip = !follow && p.shim;
	if (follow) {
		find_runtime(&p, path);
		p.preload = !p.shim || p.runtime_len;
		bool own = r.options && !strcmp(r.options, own_options + sizeof OPTIONS_KEY - 1);
		bool given = r.options && !strcmp(r.options, given_options);
		p.options = !r.options || (given && !own);
		p.ours = !r.options || given || own;
	}
	if (!p.preload && !p.options && !p.strip)
		return p;
	p.slots = r.n + 3;
	p.bytes = sizeof PRELOAD + p.runtime_len + sizeof RUNTIME_MARK + strlen(own_preload) +
		  (p.preload_value ? strlen(p.preload_value) : 0) + 1;
	return p;
}

/* The new LD_PRELOAD: the runtime for this one program, the shim, and the host's value. */
static void put_preload(const struct env_plan *p, char *text)
{
	bool given = p->preload_value && *p->preload_value;
	char *at = stpcpy(text, PRELOAD);
	if (p->runtime_len)
		at = stpcpy(mempcpy(at, p->runtime, p->runtime_len), RUNTIME_MARK);
	if (!p->shim)
		at = stpcpy(stpcpy(at, own_preload + sizeof PRELOAD - 1), given ? ":" : "");
	if (given)
		strcpy(at, p->preload_value);
}

void env_end(struct env_plan *p)
{
	if (!p->pages)
		return;
	sys2(SYS_munmap, p->pages, env_room(p));
	thread.env_pages = p->pages = NULL;
}

void env_end_vfork(void)
{
	if (thread.env_pages)
		sys2(SYS_munmap, thread.env_pages, thread.env_size);
	thread.env_pages = NULL;
}

char *const *env_for(char *const *envp, struct env_plan *plan, void *room)
{
	size_t n = 0, size = env_room(plan);
	if (size > ENV_NEAR) {
		room = plan->pages = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room && self_borrows()) {
			thread.env_pages = room;
			thread.env_size = size;
		}
	}
	if (!plan->slots || !room)
		return envp;
	const struct env_plan p = *plan;
	char **slots = room, *text = (char *)(slots + p.slots);
	for (; n + 3 < p.slots && envp && *envp; envp++) { /* another thread may add to it */
		bool is_preload = !strncmp(*envp, PRELOAD, sizeof PRELOAD - 1),
		     is_options = !strncmp(*envp, OPTIONS_KEY, sizeof OPTIONS_KEY - 1);
		if ((is_preload && (p.preload || p.strip)) || (is_options && p.options))
			continue;
		slots[n++] = *envp;
	}
	if (p.strip) {
		put_rest(stpcpy(text, PRELOAD), p.preload_value, p.shim, p.shim_len);
		if (text[sizeof PRELOAD - 1])
			slots[n++] = text;
	}
	if (p.preload) {
		put_preload(&p, text);
		slots[n++] = text;
	}
	if (p.options)
		slots[n++] = own_options;
	slots[n] = NULL;
	return slots;
}
