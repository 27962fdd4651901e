/* The tenant for Java: see lang.h. Which of a thread's frames are recorded, and their text: names and lines from the VM's own tables for
 * stack traces.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/lang.h"

#include "shim/arch/arch.h"
#include "shim/lang/java_stack.h"
#include "shim/libc/libc.h"
#include "shim/model/java.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"

#include <string.h>

extern const struct tenant java_tenant;

/* -- names and lines ------------------------------------------------------------------------------------------ */

static const char *symbol_in(const char *pool, unsigned index)
{
	return index ? POINTER(pool, vm.size_of_pool + (int)(index * sizeof pool)) : NULL;
}

static int line_of(const struct java_frame *f)
{
	const char *constant = POINTER(f->method, vm.method_const);
	const unsigned char *at =
		(const unsigned char *)constant + vm.size_of_const + AT(constant, vm.code_size, uint16_t);
	int bytecode = 0, line = 0, best = 0, best_bytecode = 0;
	if (f->bytecode < 0 || !(AT(constant, vm.flags, uint16_t) & 1)) /* has no table of lines */
		return 0;
	for (unsigned char byte; (byte = *at++);) {
		if (byte == 0xff) {
			uint32_t by = java_packed(&at), lines = java_packed(&at);
			bytecode += (int)(by >> 1 ^ -(by & 1));
			line += (int)(lines >> 1 ^ -(lines & 1));
		} else {
			bytecode += byte >> 3;
			line += byte & 7;
		}
		if (bytecode <= f->bytecode && bytecode >= best_bytecode) {
			best = line;
			best_bytecode = bytecode;
		}
	}
	return best;
}

/* -- which frames --------------------------------------------------------------------------------------------- */

struct java_text {
	const char *at;
	size_t n;
};

static struct java_text text_of(const char *symbol)
{
	return symbol ? (struct java_text){symbol + vm.symbol_body, AT(symbol, vm.symbol_length, uint16_t)}
		      : (struct java_text){"?", 1};
}

static struct java_text class_name(const char *method) { return text_of(POINTER(java_class(method), vm.class_name)); }
static struct java_text method_name(const char *method)
{
	return text_of(symbol_in(java_pool(method), AT(POINTER(method, vm.method_const), vm.name_index, uint16_t)));
}

static bool is(struct java_text t, const char *word) { return t.n == strlen(word) && !memcmp(t.at, word, t.n); }
static bool begins(struct java_text t, const char *word)
{
	return t.n >= strlen(word) && !strncmp(t.at, word, strlen(word));
}
static bool has(struct java_text t, const char *word) { return memmem(t.at, t.n, word, strlen(word)); }

static bool is_own(const char *method)
{
	struct java_text class = class_name(method);
	return !is_java_library(class.at, class.n);
}

/* Classes that the VM makes for lambdas and method handles: Throwable skips them too. */
static bool is_hidden(struct java_text class) { return begins(class, "java/lang/invoke/") || has(class, "$$Lambda"); }

static bool is_method(const char *method, const char *class, const char *name)
{
	return is(class_name(method), class) && is(method_name(method), name);
}

/* The frames of this thread that are recorded, innermost first: for a virtual thread its own, not those of its carrier thread. */
static void collect(struct java_frames *f)
{
	bool own = false, all = false;
	unsigned n = 0;
	java_walk(f);
	for (unsigned i = 0; i < f->n && !all; i++) {
		const char *method = f->list[i].method;
		all = is_method(method, "jdk/internal/vm/Continuation", "enterSpecial");
		if (all || is_hidden(class_name(method)))
			continue;
		f->list[n++] = f->list[i];
		own |= is_own(method);
		/* A class initializer runs because of the first code that happens to use the class; what it makes for
		 * all users is the library's own. */
		all = !is_own(method) && is(method_name(method), "<clinit>");
	}
	/* Library frames alone say nothing if the frames that called them could not be read. */
	f->n = f->cut && !all && !own ? 0 : n;
}

/* -- text ----------------------------------------------------------------------------------------------------- */

/* Suffixes that the VM adds to names differ in each run: "Proxy12", "GeneratedMethodAccessor3",
 * "Name+0x00007f5b64001000". */
static struct java_text stable(struct java_text class)
{
	const char *plus = memchr(class.at, '+', class.n);
	if (plus)
		class.n = (size_t)(plus - class.at);
	size_t n = class.n;
	while (n && class.at[n - 1] >= '0' && class.at[n - 1] <= '9')
		n--;
	struct java_text without = {class.at, n};
	bool counted = has(without, "reflect/Generated") || (n >= 6 && !memcmp(class.at + n - 6, "$Proxy", 6));
	return counted ? without : class;
}

static char *put(char *at, const char *end, struct java_text t, char slash)
{
	for (size_t i = 0; i < t.n && at < end; i++)
		*at++ = t.at[i] == '/' ? slash : t.at[i];
	return at;
}

/* "com/example/Server.java:12 com.example.Server.accept": the path is relative to a source folder. */
static char *put_frame(char *at, const char *end, const struct java_frame *f)
{
	const char *pool = java_pool(f->method), *class = java_class(f->method);
	unsigned index =
		vm.source_index >= 0 ? AT(pool, vm.source_index, uint16_t) : AT(class, vm.class_source_index, uint16_t);
	struct java_text name = stable(class_name(f->method)), source = text_of(symbol_in(pool, index));
	const char *slash = memrchr(name.at, '/', name.n);
	int line = line_of(f);
	at = put(at, end, (struct java_text){name.at, index ? slash ? (size_t)(slash + 1 - name.at) : 0 : name.n}, '/');
	at = put(at, end, index ? source : (struct java_text){"", 0}, '/');
	*at++ = ':';
	at = jsonl_decimal(at, line > 0 ? (uint64_t)line : 0);
	*at++ = ' ';
	at = put(at, end, name, '.');
	at = put(at, end, (struct java_text){".", 1}, '.');
	return put(at, end, method_name(f->method), '/');
}

enum { TEXT = 1024, NUMBERS = 32 };

/* Whether this frame is recorded: the innermost ones, and all user frames. */
static bool is_kept(const struct java_frames *f, unsigned i)
{
	return i < options.stack_depth || is_own(f->list[i].method);
}

static uint64_t kept_key(void)
{
	struct java_frames f;
	char text[TEXT];
	uint64_t key = 1;
	collect(&f);
	for (unsigned i = 0; i < f.n; i++) {
		const char *end = is_kept(&f, i) ? put_frame(text, text + TEXT - NUMBERS, &f.list[i]) : text;
		for (const char *c = text; c < end; c++)
			key = mix(key, (unsigned char)*c);
	}
	return f.n ? key | 1 : 0;
}

static void write_frames(struct jsonl *j, char *room, size_t size)
{
	struct java_frames f;
	collect(&f);
	if (!f.n)
		return;
	jsonl_array(j, "java");
	for (unsigned i = 0; i < f.n && !j->full; i++)
		if (is_kept(&f, i)) {
			const char *end = put_frame(room, room + (size < TEXT ? size : TEXT) - NUMBERS, &f.list[i]);
			jsonl_add(j, room, (size_t)(end - room));
		}
	jsonl_array_end(j);
}

/* -- the collector -------------------------------------------------------------------------------------------- */

/* Where the JDK runs the cleanup of objects that nothing refers to any more. */
static bool collects(uintptr_t pc)
{
	static const char *const runners[][2] = {
		{"jdk/internal/ref/CleanerImpl", "run"},
		{"java/lang/ref/Finalizer$FinalizerThread", "run"},
		{"java/lang/ref/Reference$ReferenceHandler", "run"},
	};
	struct java_frames f;
	(void)pc;
	collect(&f);
	for (unsigned i = 0; i < f.n; i++)
		for (size_t r = 0; r < sizeof runners / sizeof *runners; r++)
			if (is_method(f.list[i].method, runners[r][0], runners[r][1]))
				return true;
	return false;
}

/* -- the VM --------------------------------------------------------------------------------------------------- */

static bool find(void) { return false; }

/* The launcher loads the VM's library, and the VM opens files of its own before it runs any class. Of several threads
 * that see it at once, one reads it: nothing may be written that another thread already reads. */
static bool meets(const struct link_map *object)
{
	static bool taken;
	const char *name = strrchr(object->l_name, '/');
	if (!ARCH_JAVA_AT || strcmp(name ? name + 1 : object->l_name, "libjvm.so") != 0 ||
	    __atomic_exchange_n(&taken, true, __ATOMIC_ACQUIRE))
		return false;
	if (hotspot_read(object, &vm))
		return true;
	__atomic_store_n(&taken, false, __ATOMIC_RELEASE);
	return false;
}

/* Ending, it closes nothing. */
const struct tenant java_tenant = {
	.find = find,
	.meets = meets,
	.key = java_key,
	.kept_key = kept_key,
	.write = write_frames,
	.collects = collects,
};
