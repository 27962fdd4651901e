/* Whether the shim can enter a program, judged from its file before it runs: ld.so must load it, for the same machine as the shim, and not
 * in the secure mode in which ld.so ignores LD_PRELOAD.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/launch/elf_check.h"

#include <elf.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "analyzer/launch/path_search.h"

/* The kernel's own limit on scripts whose interpreters are scripts. */
enum { MAX_SCRIPTS = 4 };

static ssize_t read_head(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	ssize_t got = pread(fd, buffer, size, 0);
	close(fd);
	return got;
}

/* Whether running the file sets AT_SECURE, by the kernel's rules. */
static bool gains_privilege(const char *path)
{
	struct stat st;
	struct statvfs fs;

	if (stat(path, &st) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID))
		return false;

	uid_t user = st.st_mode & S_ISUID ? st.st_uid : geteuid();
	/* Without group execute permission, the bit means something else. */
	gid_t group = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ? st.st_gid : getegid();

	if (user != getuid() || group != getgid())
		return true;
	return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* glibc's loader, by its names on the machines it supports; musl, bionic and others have different names. */
static bool is_glibc_loader(const char *path)
{
	static const char *const names[] = {"ld-linux*.so.*", "ld64.so.*", "ld.so.1", "ld-2.*.so"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (fnmatch(names[i], basename(path), 0) == 0)
			return true;
	return false;
}

static enum shim_entry check_interpreter(const char *path, const char *interpreter, char *why, size_t size)
{
	bool known = is_glibc_loader(interpreter);

	if (known && access(interpreter, F_OK) == 0)
		return ENTRY_OPEN;
	snprintf(why, size,
		 known ? "%s needs %s, which does not exist" : "%s is loaded by %s, and the shim needs glibc's loader",
		 path, interpreter);
	return known ? ENTRY_MISSING : ENTRY_OTHER_LIBC;
}

static enum shim_entry check_elf(const char *path, const char *shim, char *why, size_t size)
{
	ElfW(Ehdr) header, ours;
	ElfW(Phdr) segment;
	char interpreter[PATH_MAX];
	enum shim_entry entry;

	if (read_head(shim, &ours, sizeof ours) != sizeof ours ||
	    read_head(path, &header, sizeof header) != sizeof header)
		return ENTRY_OPEN;
	if (memcmp(header.e_ident, ours.e_ident, EI_VERSION) != 0 || header.e_machine != ours.e_machine) {
		snprintf(why, size, "%s is built for another architecture than the shim (%s)", path,
			 header.e_ident[EI_CLASS] == ELFCLASS32 ? "32-bit" : "other machine");
		return ENTRY_OTHER_MACHINE;
	}

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ENTRY_OPEN;
	snprintf(why, size, "%s is statically linked, and preloading needs a dynamic loader", path);
	entry = is_glibc_loader(path) ? ENTRY_OPEN : ENTRY_STATIC;
	for (int i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + (ElfW(Off))i * sizeof segment);

		if (pread(fd, &segment, sizeof segment, at) != sizeof segment)
			break;
		if (segment.p_type != PT_INTERP)
			continue;

		size_t length = segment.p_filesz < sizeof interpreter ? segment.p_filesz : sizeof interpreter - 1;
		if (pread(fd, interpreter, length, (off_t)segment.p_offset) != (ssize_t)length)
			break;
		interpreter[length] = '\0';
		entry = check_interpreter(path, interpreter, why, size);
		break;
	}
	close(fd);
	return entry;
}

/* The file of a program that env is to run, allocated; if there is none, its name. */
static char *found_by_env(const char *name)
{
	char *path = path_search(name);

	return path != NULL ? path : strdup(name);
}

/* The program run by the `env ARGUMENT` of a #! line, allocated; NULL: none is named. */
static char *behind_env(char *argument)
{
	char *word, *rest = argument;

	if (strncmp(argument, "-S", 2) == 0)
		rest = argument + 2;
	else if (strncmp(argument, "--split-string=", 15) == 0)
		rest = argument + 15;
	else /* the kernel passes one argument to env, and env does not split it */
		return argument[0] != '-' && strchr(argument, '=') == NULL ? found_by_env(argument) : NULL;

	while ((word = strtok_r(rest, " \t", &rest)) != NULL)
		if (word[0] != '-' && strchr(word, '=') == NULL)
			return found_by_env(word);
	return NULL;
}

/* The interpreter of the file, allocated; NULL if it is not a script. */
static char *interpreter_of(const char *path)
{
	char line[256]; /* as much as the kernel reads */
	ssize_t size = read_head(path, line, sizeof line - 1);
	char *program, *argument;

	if (size < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[size] = '\0';
	line[strcspn(line, "\n")] = '\0';

	program = strtok_r(line + 2, " \t", &argument);
	if (program == NULL)
		return NULL;
	argument += strspn(argument, " \t");
	for (size_t end = strlen(argument); end > 0 && strchr(" \t", argument[end - 1]); end--)
		argument[end - 1] = '\0';
	if (strcmp(basename(program), "env") == 0 && *argument != '\0') {
		char *found = behind_env(argument);

		if (found != NULL)
			return found;
	}
	return strdup(program);
}

bool elf_check_is_elf(const char *path)
{
	char magic[SELFMAG];

	return read_head(path, magic, sizeof magic) == sizeof magic && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

enum shim_entry elf_check(const char *path, const char *shim, char *why, size_t size)
{
	char *file = strdup(path), *interpreter;
	enum shim_entry entry = ENTRY_OPEN;

	/* The kernel ignores set-user-ID on a script, so only the last interpreter's counts. */
	for (int i = 0; i < MAX_SCRIPTS && file != NULL && (interpreter = interpreter_of(file)) != NULL; i++) {
		if (access(interpreter, F_OK) != 0) {
			snprintf(why, size, "%s needs %s, which does not exist", file, interpreter);
			entry = ENTRY_MISSING;
		}
		free(file);
		file = interpreter;
	}
	if (file == NULL)
		return ENTRY_OPEN;

	if (elf_check_is_elf(file))
		entry = check_elf(file, shim, why, size);
	if (entry == ENTRY_OPEN && gains_privilege(file)) {
		snprintf(why, size,
			 "%s is set-user-ID, set-group-ID or has file capabilities, and the loader refuses to preload "
			 "into it",
			 file);
		entry = ENTRY_PRIVILEGED;
	}
	free(file);
	return entry;
}
