/* The in-test API for Node.js, which cannot call C: the shim is also an addon. process.dlopen() finds it already loaded, and gets an object
 * with the functions of socksan.h, without the prefix.
 *
 * Addons built for Node.js 18 and earlier pass Node the address of their own napi_register_module_v1 when they are loaded, and the loader
 * binds that name to this function, since this object was loaded first.
 *
 * Node-API is weak here; only a Node.js that loads this as an addon uses it: https://nodejs.org/api/n-api.html, version 1.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/api/socksan.h"

#include "shim/hooks/hook.h"
#include "shim/lang/file_url.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>

typedef void *napi_value;
typedef napi_value napi_callback(void *env, void *info);
#define NAPI(name, ...) extern int napi_##name(void *env, __VA_ARGS__) __attribute__((weak))
NAPI(create_function, const char *, size_t, napi_callback *, void *, napi_value *);
NAPI(set_named_property, napi_value, const char *, napi_value);
NAPI(get_cb_info, void *info, size_t *, napi_value *, napi_value *this, void **);
NAPI(get_value_int64, napi_value, int64_t *);
NAPI(create_int64, int64_t, napi_value *);
NAPI(create_string_utf8, const char *, size_t, napi_value *);
#undef NAPI
extern int node_api_get_module_file_name(void *env, const char **) __attribute__((weak));

enum asked_for { IS_ACTIVE, MARK, NEXT, NUMBER, LISTENER, IS_OWN, IGNORE, DESCRIBE, CALLS };
static const char *const names[CALLS] = {"is_active", "mark",	"next",	  "number",
					 "listener",  "is_own", "ignore", "describe"};

static int64_t answer(enum asked_for asked, int64_t first, int64_t second)
{
	int fd = first < 0 || first > INT32_MAX ? -1 : (int)first;
	switch (asked) {
	case IS_ACTIVE: return socksan_is_active();
	case MARK: return socksan_mark();
	case NEXT: return socksan_next(fd, second);
	case NUMBER: return socksan_number(fd);
	case LISTENER: return socksan_listener(fd);
	case IS_OWN: return socksan_is_own(fd);
	case IGNORE: return socksan_ignore(fd);
	default: return 0;
	}
}

/* A missing argument, or one that is no number, counts as -1. */
static napi_value called(void *env, void *info)
{
	napi_value given[2] = {NULL}, result = NULL;
	size_t n = 2;
	void *which;
	int64_t number[2] = {-1, -1};
	if (napi_get_cb_info(env, info, &n, given, NULL, &which))
		return NULL;
	for (size_t i = 0; i < n && i < 2; i++)
		if (napi_get_value_int64(env, given[i], &number[i]))
			number[i] = -1;
	enum asked_for asked = (enum asked_for)(uintptr_t)which;
	if (asked == DESCRIBE) {
		char text[1024];
		int len = socksan_describe((int)number[0], text, sizeof text);
		napi_create_string_utf8(env, text, (size_t)len, &result);
	} else {
		napi_create_int64(env, answer(asked, number[0], number[1]), &result);
	}
	return result;
}

typedef napi_value napi_init(void *env, napi_value exports);
EXPORT napi_init napi_register_module_v1;

/* The init function of the addon that is being loaded, or NULL if that is the shim, which node-socksan loads without a file name. */
static napi_init *init_of_other(void *env)
{
	const char *url = NULL;
	char path[PATH_MAX];
	if (node_api_get_module_file_name(env, &url) || !url || !*url || strlen(url) >= sizeof path)
		return NULL;
	strcpy(path, url);
	path[file_url_path(path, strlen(path))] = 0;
	void *addon = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (!addon)
		return NULL;
	napi_init *init = (napi_init *)dlsym(addon, "napi_register_module_v1");
	REAL(dlclose)(addon); /* Node has it open already */
	return init != napi_register_module_v1 ? init : NULL;
}

napi_value napi_register_module_v1(void *env, napi_value exports)
{
	napi_value function;
	if (!napi_create_function || !napi_set_named_property || !napi_get_cb_info || !napi_create_string_utf8 ||
	    !node_api_get_module_file_name)
		return exports;
	napi_init *other = init_of_other(env);
	if (other)
		return other(env, exports);
	for (uintptr_t i = 0; i < CALLS; i++)
		if (!napi_create_function(env, names[i], strlen(names[i]), called, (void *)i, &function))
			napi_set_named_property(env, exports, names[i], function);
	return exports;
}
