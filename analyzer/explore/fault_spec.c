/* A call to be made to fail: see fault_spec.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/fault_spec.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

static const struct faulty_info {
	const char *name;
	enum fault_group group;
} calls[] = {
#define FAULTY(call, group, page) {#call, GROUP_##group},
#include "shim/model/fault.def"
};

static const struct fault_info {
	enum faulty call;
	const char *error;
	enum fault_effect effect;
} faults[] = {
#define FAULT(call, error, effect, needs) {FAULTY_##call, #error, DOES_##effect},
#include "shim/model/fault.def"
};
enum { FAULTS = sizeof faults / sizeof *faults };

const char *faulty_name(enum faulty call) { return calls[call].name; }

enum fault_group faulty_group(enum faulty call) { return calls[call].group; }

enum faulty faulty_find(const char *name)
{
	enum faulty call = 0;
	while (call < FAULTIES && strcmp(calls[call].name, name) != 0)
		call++;
	return call;
}

static const struct fault_info *find(enum faulty call, const char *error)
{
	for (size_t i = 0; i < FAULTS; i++)
		if (faults[i].call == call && strcmp(faults[i].error, error) == 0)
			return &faults[i];
	return NULL;
}

const char *fault_error(enum faulty call, const char *error)
{
	const struct fault_info *info = find(call, error);
	return info ? info->error : NULL;
}

bool fault_breaks_connection(enum faulty call, const char *error)
{
	const struct fault_info *info = find(call, error);
	return info && (info->effect == DOES_GONE || info->effect == DOES_RESET || info->effect == DOES_ENDS ||
			info->effect == DOES_TAKEN);
}

bool fault_error_known(const char *error)
{
	for (size_t i = 0; i < FAULTS; i++)
		if (strcmp(faults[i].error, error) == 0)
			return true;
	return false;
}

static const char *name_at(size_t i) { return i < FAULTIES ? calls[i].name : NULL; }

char *fault_spec_read(struct fault_spec *spec, const char *text)
{
	char call[32], error[32], site[32];
	int end = 0;
	*spec = (struct fault_spec){.occurrence = 1};
	if (sscanf(text, "%31[a-z_0-9]:%31[A-Z_0-9]@%31[0-9a-f]%n#%u%n", call, error, site, &end, &spec->occurrence,
		   &end) < 3 ||
	    text[end] || strlen(site) >= SITE_SIZE || !spec->occurrence)
		return xasprintf(
			"--inject wants CALL:ERROR@SITE, or CALL:ERROR@SITE#N, as `socksan explore` prints it, not "
			"'%s'",
			text);
	spec->call = faulty_find(call);
	if (spec->call == FAULTIES) {
		char *near = did_you_mean(call, name_at, "");
		char *why = xasprintf("--inject: '%s' is not a call that can be made to fail%s", call, near);
		free(near);
		return why;
	}
	spec->error = fault_error(spec->call, error);
	if (!spec->error)
		return xasprintf("--inject: %s does not fail with %s", call, error);
	strcpy(spec->site, site);
	return NULL;
}

static char *occurrence_text(const struct fault_spec *spec)
{
	return spec->occurrence > 1 ? xasprintf("#%u", spec->occurrence) : xstrdup("");
}

char *fault_spec_text(const struct fault_spec *spec)
{
	char *nth = occurrence_text(spec);
	char *text = xasprintf("%s:%s@%s%s", faulty_name(spec->call), spec->error, spec->site, nth);
	free(nth);
	return text;
}

char *fault_spec_option(const struct fault_spec *spec)
{
	return xasprintf("inject=%s/%s/%s/%u", faulty_name(spec->call), spec->error, spec->site, spec->occurrence);
}
