/* Which programs the shim can enter, told from made-up files; the test's own binary stands for the shim.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/launch/elf_check.h"

#define SELF "/proc/self/exe"

#ifdef __x86_64__
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#else
#define LOADER "/lib/ld-linux-aarch64.so.1"
#endif

static char folder[] = "/tmp/elf-check-test-XXXXXX";
static char why[512];

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* A file in the folder, removed by check(). */
static const char *make(const char *name, const void *content, size_t size)
{
	static char path[4][128];
	static unsigned next;
	char *at = path[next++ % 4];

	snprintf(at, sizeof path[0], "%s/%s", folder, name);
	int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, size), size);
	close(fd);
	return at;
}

static const char *script(const char *name, const char *line) { return make(name, line, strlen(line)); }

/* This program's header, changed, with the interpreter that is given, if any. */
static const char *elf(const char *name, int class, int machine, const char *interpreter)
{
	struct {
		ElfW(Ehdr) header;
		ElfW(Phdr) segment;
		char text[64];
	} file;
	int fd = open(SELF, O_RDONLY);

	assert_int_equal(read(fd, &file.header, sizeof file.header), sizeof file.header);
	close(fd);
	memset(file.text, 0, sizeof file.text);
	file.header.e_phoff = offsetof(typeof(file), segment);
	file.header.e_phnum = interpreter ? 1 : 0;
	if (class)
		file.header.e_ident[EI_CLASS] = (unsigned char)class;
	if (machine)
		file.header.e_machine = (ElfW(Half))machine;
	file.segment = (ElfW(Phdr)){.p_type = PT_INTERP, .p_offset = offsetof(typeof(file), text)};
	if (interpreter) {
		strcpy(file.text, interpreter);
		file.segment.p_filesz = strlen(interpreter) + 1;
	}
	return make(name, &file, sizeof file);
}

static enum shim_entry check(const char *path)
{
	enum shim_entry entry = elf_check(path, SELF, why, sizeof why);

	unlink(path);
	return entry;
}

static void a_dynamic_program_is_open(void **state)
{
	(void)state;
	assert_int_equal(elf_check(SELF, SELF, why, sizeof why), ENTRY_OPEN);
	assert_int_equal(check(elf("x", 0, 0, LOADER)), ENTRY_OPEN);
}

static void a_static_program_is_closed(void **state)
{
	(void)state;
	assert_int_equal(check(elf("x", 0, 0, NULL)), ENTRY_STATIC);
	assert_non_null(strstr(why, "statically linked"));
}

static void the_loader_itself_is_open(void **state)
{
	(void)state;
	assert_int_equal(check(elf("ld-linux-x86-64.so.2", 0, 0, NULL)), ENTRY_OPEN);
}

static void another_libc_is_foreign(void **state)
{
	(void)state;
	assert_int_equal(check(elf("x", 0, 0, "/lib/ld-musl-x86_64.so.1")), ENTRY_OTHER_LIBC);
	assert_non_null(strstr(why, "ld-musl"));
}

static void another_machine_is_foreign(void **state)
{
	(void)state;
	assert_int_equal(check(elf("x", 0, EM_MIPS, "/lib/ld.so.1")), ENTRY_OTHER_MACHINE);
	assert_non_null(strstr(why, "architecture"));
	assert_int_equal(check(elf("x", sizeof(void *) == 8 ? ELFCLASS32 : ELFCLASS64, 0, "/lib/ld-linux.so.2")),
			 ENTRY_OTHER_MACHINE);
	assert_non_null(strstr(why, "architecture"));
}

static void a_script_is_as_its_interpreter(void **state)
{
	char line[256];
	const char *inner = elf("static", 0, 0, NULL);

	(void)state;
	snprintf(line, sizeof line, "#! %s  -x\n", inner);
	const char *middle = script("middle", line);
	assert_int_equal(elf_check(middle, SELF, why, sizeof why), ENTRY_STATIC);
	assert_non_null(strstr(why, "/static is"));
	snprintf(line, sizeof line, "#!%s\n", middle);
	assert_int_equal(check(script("outer", line)), ENTRY_STATIC);
	unlink(middle);
	unlink(inner);
	assert_int_equal(check(script("x", "#!/bin/sh\n")), ENTRY_OPEN);
}

static void env_of_a_script_is_looked_through(void **state)
{
	const char *inner = elf("quite-static", 0, 0, NULL);
	char *path = getenv("PATH");

	(void)state;
	path = path ? strdup(path) : NULL;
	setenv("PATH", folder, 1);
	assert_int_equal(check(script("x", "#!/usr/bin/env quite-static\n")), ENTRY_STATIC);
	assert_int_equal(check(script("x", "#!/usr/bin/env -S A=1 quite-static -v\n")), ENTRY_STATIC);
	if (path)
		setenv("PATH", path, 1);
	free(path);
	unlink(inner);
}

static void what_needs_a_file_that_is_missing_is_named(void **state)
{
	(void)state;
	assert_int_equal(check(script("x", "#!/nonexistent/sh\n")), ENTRY_MISSING);
	assert_non_null(strstr(why, "/x needs /nonexistent/sh, which does not exist"));
	assert_int_equal(check(script("x", "#!/usr/bin/env no-such-program\n")), ENTRY_MISSING);
	assert_non_null(strstr(why, "/x needs no-such-program, which does not exist"));
	assert_int_equal(check(script("x", "#!/usr/bin/env -S A=1 no-such-program -v\n")), ENTRY_MISSING);
	assert_int_equal(check(script("x", "#!/usr/bin/env -i\n")), ENTRY_OPEN);
	assert_int_equal(check(elf("x", 0, 0, "/nonexistent/ld-linux-x86-64.so.2")), ENTRY_MISSING);
	assert_non_null(strstr(why, "/x needs /nonexistent/ld-linux-x86-64.so.2, which does not exist"));
	assert_false(entry_is_foreign(ENTRY_MISSING) || entry_is_foreign(ENTRY_STATIC) ||
		     entry_is_foreign(ENTRY_PRIVILEGED));
	assert_true(entry_is_foreign(ENTRY_OTHER_LIBC) && entry_is_foreign(ENTRY_OTHER_MACHINE));
}

static void scripts_that_go_round_end(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof line, "#!%s/x\n", folder);
	assert_int_equal(check(script("x", line)), ENTRY_OPEN);
}

static void what_is_no_program_is_open(void **state)
{
	(void)state;
	assert_int_equal(check(script("x", "")), ENTRY_OPEN);
	assert_int_equal(check(script("x", "#!")), ENTRY_OPEN);
	assert_int_equal(check(script("x", "#!  \n")), ENTRY_OPEN);
	assert_int_equal(check(script("x", "\177ELF")), ENTRY_OPEN);
	assert_int_equal(elf_check("/nonexistent", SELF, why, sizeof why), ENTRY_OPEN);
}

static void a_set_user_id_program_is_closed(void **state)
{
	const char *path = elf("x", 0, 0, LOADER);

	(void)state;
	/* Only root can make one whose user is another; another's set-group-ID works alike. */
	if (getuid() != 0) {
		unlink(path);
		skip();
	}
	assert_int_equal(chown(path, 1, 1), 0);
	assert_int_equal(chmod(path, 04755), 0);
	assert_int_equal(elf_check(path, SELF, why, sizeof why), ENTRY_PRIVILEGED);
	assert_non_null(strstr(why, "set-user-ID"));
	assert_int_equal(chmod(path, 02755), 0);
	assert_int_equal(elf_check(path, SELF, why, sizeof why), ENTRY_PRIVILEGED);
	assert_int_equal(chmod(path, 02745), 0);
	assert_int_equal(elf_check(path, SELF, why, sizeof why), ENTRY_OPEN);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chmod(path, 04755), 0);
	assert_int_equal(check(path), ENTRY_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dynamic_program_is_open),
		cmocka_unit_test(a_static_program_is_closed),
		cmocka_unit_test(the_loader_itself_is_open),
		cmocka_unit_test(another_libc_is_foreign),
		cmocka_unit_test(another_machine_is_foreign),
		cmocka_unit_test(a_script_is_as_its_interpreter),
		cmocka_unit_test(env_of_a_script_is_looked_through),
		cmocka_unit_test(scripts_that_go_round_end),
		cmocka_unit_test(what_needs_a_file_that_is_missing_is_named),
		cmocka_unit_test(what_is_no_program_is_open),
		cmocka_unit_test(a_set_user_id_program_is_closed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
