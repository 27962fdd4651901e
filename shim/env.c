/* The environment of the next program: see env.h; ld.so(8), environ(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/env.h"

#include "shim/options.h"
#include "shim/stack.h"

#include <stdint.h>
#include <string.h>

#define PRELOAD "LD_PRELOAD="
#define OPTIONS_KEY "SOCKSAN_OPTIONS="

/* An environment with more entries than this is passed on as it is: it would not fit a small stack. */
#define MOST 4096

static char own_preload[sizeof PRELOAD + 4096]; /* for a program without an LD_PRELOAD of its own; "" = unknown place */
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

void env_init(char *const *envp)
{
	const char *given = value_of(envp, OPTIONS_KEY);
	if (*stack_shim)
		stpcpy(stpcpy(own_preload, PRELOAD), stack_shim);
	if (given && strlen(given) < sizeof given_options)
		strcpy(given_options, given);
	/* A relative path is no path for a child that runs elsewhere. The last value of a key counts, so the absolute one goes last. */
	char *at = stpcpy(stpcpy(own_options, OPTIONS_KEY), given_options);
	if (last_path_is_absolute(given_options))
		return;
	if (*given_options)
		*at++ = ':';
	stpcpy(stpcpy(at, "log_path="), options.log_path);
}

/* The part of an LD_PRELOAD value that is the shim, or NULL. */
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

/* What has to change. */
struct plan {
	bool preload, options, strip;
	const char *preload_value, *shim;
	size_t shim_len;
};

static struct plan plan(char *const *envp, bool follow)
{
	if (envp && (uintptr_t)envp < 4096) /* the kernel's to refuse */
		return (struct plan){0};
	struct plan p = {.preload_value = value_of(envp, PRELOAD)};
	if (!*own_preload)
		return (struct plan){0};
	p.shim = find_shim(p.preload_value, &p.shim_len);
	p.strip = !follow && p.shim;
	if (!follow)
		return p;
	p.preload = !p.shim;
	const char *now = value_of(envp, OPTIONS_KEY);
	p.options = !now || (!strcmp(now, given_options) && strcmp(now, own_options + sizeof OPTIONS_KEY - 1));
	return p;
}

struct env_room env_need(char *const *envp, bool follow)
{
	struct plan p = plan(envp, follow);
	size_t n = 0;
	if (!p.preload && !p.options && !p.strip)
		return (struct env_room){0, 0};
	while (envp && envp[n])
		n++;
	if (n > MOST)
		return (struct env_room){0, 0};
	return (struct env_room){n + 3, strlen(own_preload) + (p.preload_value ? strlen(p.preload_value) : 0) +
						sizeof PRELOAD + 2};
}

char *const *env_for(char *const *envp, bool follow, char **slots, char *text)
{
	struct plan p = plan(envp, follow);
	size_t n = 0;
	if (!env_need(envp, follow).slots)
		return envp;
	for (; envp && *envp; envp++) {
		bool is_preload = !strncmp(*envp, PRELOAD, sizeof PRELOAD - 1),
		     is_options = !strncmp(*envp, OPTIONS_KEY, sizeof OPTIONS_KEY - 1);
		if ((is_preload && (p.preload || p.strip)) || (is_options && p.options))
			continue;
		slots[n++] = *envp;
	}
	if (p.strip) { /* what stands before and after the shim, less one separator */
		const char *rest = p.shim + p.shim_len;
		size_t before = (size_t)(p.shim - p.preload_value);
		if (*rest)
			rest++;
		else if (before)
			before--;
		char *at = mempcpy(stpcpy(text, PRELOAD), p.preload_value, before);
		strcpy(at, rest);
		if (text[sizeof PRELOAD - 1])
			slots[n++] = text;
	}
	if (p.preload && p.preload_value && *p.preload_value) {
		stpcpy(stpcpy(stpcpy(text, own_preload), ":"), p.preload_value);
		slots[n++] = text;
	} else if (p.preload) {
		slots[n++] = own_preload;
	}
	if (p.options)
		slots[n++] = own_options;
	slots[n] = NULL;
	return slots;
}
