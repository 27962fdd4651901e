/* Stacks and modules: each written once, modules before the stacks that name them, to the depth that was asked for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/arch/arch.h"
#include "shim/kernel/errand.h"
#include "shim/state/options.h"
#include "shim/stack/stack.h"
#include "shim/state/program.h"
#include "shim/trace/trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <unistd.h>
#include <unwind.h>

static json_t *kept[16384];
static size_t n_kept;

/* The lines of the trace so far with this ev, in the order of t; let_go frees them. */
static size_t lines(const char *ev, json_t **out, size_t room)
{
	char path[OPTION_PATH + 32], *line = NULL;
	size_t size = 0, n = 0;

	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		json_t *parsed = *line == '\n' ? NULL : json_loads(line, 0, NULL);
		if (parsed && !strcmp(json_string_value(json_object_get(parsed, "ev")), ev) && n < room)
			out[n++] = kept[n_kept++] = parsed;
		else
			json_decref(parsed);
	}
	free(line);
	fclose(f);
	return n;
}

static json_t *found[4096];

static int let_go(void **state)
{
	(void)state;
	while (n_kept)
		json_decref(kept[--n_kept]);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	/* No stack_init: it would take the test, which the shim's core is linked into, for the shim, and leave its frames out. */
	assert_true(readlink("/proc/self/exe", program_exe, sizeof program_exe - 1) > 0);
	trace_forget();
	stack_forget();
	options_parse(NULL);
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	return 0;
}

/* With a frame pointer, as sanitizers have it, a frame takes two words of what a walk remembers. */
#ifdef __clang__
#define LEAN noinline
#else
#define LEAN noinline, optimize("omit-frame-pointer")
#endif

static __attribute__((noinline)) uint32_t here(void)
{
	uint32_t id = stack_here();
	__asm__ volatile(""); /* a call in tail position has no frame of its own */
	return id;
}

static __attribute__((LEAN)) uint32_t deep(int levels)
{
	uint32_t id = levels ? deep(levels - 1) : here();
	__asm__ volatile("");
	return id;
}

static void the_same_place_has_the_same_stack_written_once(void **state)
{
	uint32_t id[3];
	volatile int times = 3; /* one call in a loop: unrolled, it would be three places */

	(void)state;
	errno = 12345;
	for (int i = 0; i < times; i++)
		id[i] = here();
	assert_int_equal(errno, 12345);
	assert_true(id[0] > 0);
	assert_int_equal(id[1], id[0]);
	assert_int_equal(id[2], id[0]);
	assert_int_equal(lines("stack", found, 100), 1);
	assert_int_equal(json_integer_value(json_object_get(found[0], "id")), id[0]);
}

static void two_places_have_two_stacks(void **state)
{
	uint32_t a = here(), b = here();

	(void)state;
	assert_int_not_equal(a, b);
	assert_int_equal(lines("stack", found, 100), 2);
}

/* This test is the user's own code: its frames are kept beyond the depth, as far up as a walk is remembered. */
static void no_own_frame_is_lost_to_the_depth(void **state)
{
	(void)state;
	for (int depth = 1; depth <= 64; depth += 21) {
		options.stack_depth = depth;
		stack_forget(); /* what was learnt at another depth */
		uint32_t id = deep(80);
		size_t n = lines("stack", found, 100);
		json_t *last = NULL;
		for (size_t i = 0; i < n; i++)
			if (json_integer_value(json_object_get(found[i], "id")) == id)
				last = found[i];
		assert_non_null(last);
		assert_in_range(json_array_size(json_object_get(last, "frames")), depth < 40 ? 40 : depth, 64);
	}
}

#if ARCH_FRAMES && defined __x86_64__
static unsigned unwinds;

_Unwind_Reason_Code _Unwind_Backtrace(_Unwind_Trace_Fn step, void *arg)
{
	_Unwind_Reason_Code (*real)(_Unwind_Trace_Fn, void *) =
		(_Unwind_Reason_Code(*)(_Unwind_Trace_Fn, void *))dlsym(RTLD_NEXT, "_Unwind_Backtrace");
	__atomic_fetch_add(&unwinds, 1, __ATOMIC_RELAXED);
	return real(step, arg);
}

/* Its frame lies by a register of which the shim knows nothing, as that of a function that aligns its stack may. */
uint32_t aligned(int levels, uint32_t (*call)(int levels));
__asm__(".type aligned, @function\n"
	"aligned:\n"
	".cfi_startproc\n"
	"push %rbx\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset rbx, -16\n"
	"mov %rsp, %rbx\n"
	".cfi_def_cfa_register rbx\n"
	"and $-64, %rsp\n"
	"call *%rsi\n"
	"mov %rbx, %rsp\n"
	".cfi_def_cfa_register rsp\n"
	"pop %rbx\n"
	".cfi_def_cfa_offset 8\n"
	"ret\n"
	".cfi_endproc\n"
	".size aligned, . - aligned\n");

#endif

static void a_frame_beyond_the_depth_that_proves_nothing_lets_no_call_be_unwound_again(void **state)
{
	(void)state;
#if ARCH_FRAMES && defined __x86_64__
	volatile int times = 3;
	unwinds = 0;
	for (int i = 0; i < times; i++)
		assert_true(aligned(20, deep) > 0);
	assert_int_equal(unwinds, 1);
#else
	skip(); /* nothing is remembered */
#endif
}

static void no_depth_means_no_stacks(void **state)
{
	(void)state;
	options.stack_depth = 0;
	assert_int_equal(here(), 0);
}

static void each_frame_names_a_module_that_was_written_before(void **state)
{
	(void)state;
	deep(3);
	size_t stacks = lines("stack", found, 100);
	assert_int_equal(stacks, 1);
	json_t *stack = found[0], *frame;
	size_t modules = lines("module", found, 100), i;
	assert_true(modules >= 2); /* the test and libc */
	json_array_foreach(json_object_get(stack, "frames"), i, frame)
	{
		unsigned id;
		unsigned long offset;
		bool known = false;

		assert_int_equal(sscanf(json_string_value(frame), "%u+0x%lx", &id, &offset), 2);
		for (size_t m = 0; m < modules; m++)
			known |= json_integer_value(json_object_get(found[m], "id")) == id &&
				 json_integer_value(json_object_get(found[m], "t")) <
					 json_integer_value(json_object_get(stack, "t"));
		if (!known)
			fail_msg("frame %zu, %s: expected a module line before the stack", i, json_string_value(frame));
	}
}

static void modules_have_a_path_and_are_written_once(void **state)
{
	(void)state;
	here();
	deep(2);
	size_t modules = lines("module", found, 100);
	for (size_t m = 0; m < modules; m++) {
		assert_int_equal(*json_string_value(json_object_get(found[m], "path")), '/');
		assert_non_null(json_object_get(found[m], "base"));
		for (size_t k = 0; k < m; k++)
			assert_string_not_equal(json_string_value(json_object_get(found[m], "path")),
						json_string_value(json_object_get(found[k], "path")));
	}
}

static __attribute__((noinline)) uint32_t roomy(size_t room)
{
	volatile char array[room];

	array[0] = 0;
	return deep(2) + (uint32_t)array[0];
}

static __attribute__((noinline)) uint32_t other_way(size_t room)
{
	uint32_t id = roomy(room);
	__asm__ volatile("");
	return id;
}

static void frames_of_any_size_belong_to_the_same_stack(void **state)
{
	uint32_t first = 0, other = 0;

	(void)state;
	for (volatile size_t turn = 0; turn < 300; turn++) {
		size_t room = 16 + turn % 7 * 1000;
		uint32_t here = turn % 2 ? roomy(room) : other_way(room), *expected = turn % 2 ? &first : &other;
		if (!*expected)
			*expected = here;
		assert_int_equal(here, *expected);
	}
	assert_int_not_equal(first, other);
	assert_int_equal(lines("stack", found, 100), 2);
}

static void a_forgetful_child_writes_its_stacks_again(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(here() > 0);
		stack_forget();
	}
	assert_int_equal(lines("stack", found, 100), 2);
}

static uint32_t ids[THREADS][64];

static void capture(unsigned number)
{
	for (int turn = 0; turn < 20; turn++)
		for (int depth = 0; depth < 64; depth++)
			ids[number][depth] = deep(depth);
}

/* Two threads that meet a stack at once may both write it. */
static void threads_agree_on_stacks_and_write_each_alike(void **state)
{
	static json_t *seen[1 << 17];

	(void)state;
	options.stack_depth = 64;
	in_threads(capture);
	for (unsigned n = 1; n < THREADS; n++)
		for (int depth = 0; depth < 60; depth++)
			assert_int_equal(ids[n][depth], ids[0][depth]);
	size_t stacks = lines("stack", found, 4096);
	for (size_t i = 0; i < stacks; i++) {
		json_int_t id = json_integer_value(json_object_get(found[i], "id"));
		assert_true(id > 0 && id < 1 << 17);
		json_t *frames = json_object_get(found[i], "frames");
		assert_true(!seen[id] || json_equal(seen[id], frames));
		seen[id] = frames;
	}
	for (int depth = 0; depth < 64; depth++)
		assert_non_null(seen[ids[0][depth]]);
}

/* A thread that has claimed an id and is held up before it writes the stack: nobody knows how long. */
static void a_stack_that_another_thread_is_to_write_is_written(void **state)
{
	(void)state;
	uint32_t first = 0;
	for (volatile size_t turn = 1; turn < 4; turn++) { /* walks of their own, to the same stack */
		uint32_t id = roomy(turn * 1000);
		first = first ? first : id;
		assert_int_equal(id, first);
		assert_int_equal(lines("stack", found, 100), turn);
		assert_false(ids_slots[id - 1] & IDS_PENDING);
		ids_slots[id - 1] |= IDS_PENDING;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_place_has_the_same_stack_written_once, setup, let_go),
		cmocka_unit_test_setup_teardown(two_places_have_two_stacks, setup, let_go),
		cmocka_unit_test_setup_teardown(no_own_frame_is_lost_to_the_depth, setup, let_go),
		cmocka_unit_test_setup_teardown(
			a_frame_beyond_the_depth_that_proves_nothing_lets_no_call_be_unwound_again, setup, let_go),
		cmocka_unit_test_setup_teardown(no_depth_means_no_stacks, setup, let_go),
		cmocka_unit_test_setup_teardown(each_frame_names_a_module_that_was_written_before, setup, let_go),
		cmocka_unit_test_setup_teardown(modules_have_a_path_and_are_written_once, setup, let_go),
		cmocka_unit_test_setup_teardown(frames_of_any_size_belong_to_the_same_stack, setup, let_go),
		cmocka_unit_test_setup_teardown(a_forgetful_child_writes_its_stacks_again, setup, let_go),
		cmocka_unit_test_setup_teardown(threads_agree_on_stacks_and_write_each_alike, setup, let_go),
		cmocka_unit_test_setup_teardown(a_stack_that_another_thread_is_to_write_is_written, setup, let_go),
	};

	errand_init(environ);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
