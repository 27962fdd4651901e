/* An addon as NAPI_MODULE_INIT() of Node.js 18 and before made them: as it is loaded, it hands Node the address of its own function, by a name
 * that every such addon exports.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>
#include <stdint.h>

typedef void *init(void *env, void *exports);
extern void napi_module_register(void *);
extern int napi_create_int64(void *env, int64_t, void **);
extern int napi_set_named_property(void *env, void *object, const char *, void *);
init napi_register_module_v1;

static struct {
	int version;
	unsigned flags;
	const char *file;
	init *init;
	const char *name;
	void *data, *reserved[4];
} module = {1, 0, __FILE__, napi_register_module_v1, "addon", NULL, {NULL}};

__attribute__((constructor)) static void begin(void) { napi_module_register(&module); }

void *napi_register_module_v1(void *env, void *exports)
{
	void *answer;
	if (!napi_create_int64(env, 42, &answer))
		napi_set_named_property(env, exports, "answer", answer);
	return exports;
}
