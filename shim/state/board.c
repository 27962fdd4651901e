/* The shim's side of the board: see board.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/board.h"

#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/state/self.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct board *board;

/* The program that opens it may run as another user by now, and the name may be another's file. */
static bool is_board(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == sizeof *board && st->st_nlink == 1 &&
	       st->st_uid == (uid_t)sys0(SYS_geteuid);
}

static void make_path(char path[OPTION_PATH + 8]) { strcpy(stpcpy(path, options.log_path), ".board"); }

/* Whether the program that started this one registered it; if so, the registration is removed. */
static bool was_let(struct board *b, uint32_t pid)
{
	for (int i = 0; i < BOARD_NEXT; i++) {
		uint32_t own = pid;
		if (__atomic_load_n(&b->next[i].run, __ATOMIC_RELAXED) == (uint32_t)options.board &&
		    __atomic_compare_exchange_n(&b->next[i].pid, &own, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

void board_open(void)
{
	char path[OPTION_PATH + 8];
	struct stat st;
	if (!options.board)
		return;
	make_path(path);
	long fd = sys_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (!sys2(SYS_fstat, fd, &st) && is_board(&st))
		board = sys_mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	sys1(SYS_close, fd);
	uint32_t none = 0;
	if (!board) /* otherwise as long as it was a moment ago */
		return;
	__atomic_fetch_add(&board->observed, 1, __ATOMIC_RELAXED);
	__atomic_compare_exchange_n(&board->first, &none, (uint32_t)process_pid(), false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	/* `socksan run` itself starts COMMAND and knows of it. */
	if (!was_let(board, (uint32_t)process_pid()) && sys0(SYS_getppid) != options.board)
		__atomic_fetch_add(&board->unawaited, 1, __ATOMIC_RELAXED);
}

/* Touching a page of a file that was truncated meanwhile raises SIGBUS, so ask the kernel first. In a sandbox it cannot be asked; there the
 * file must be socksan run's own. */
struct board *board_at_hand(void)
{
	uint32_t first;
	return board && (sys_off() || peek(&first, &board->first, sizeof first)) ? board : NULL;
}

void board_child(void)
{
	struct board *b = board_at_hand();
	if (b)
		__atomic_fetch_add(&b->children, 1, __ATOMIC_RELAXED);
}

/* Whether the next program will be able to open the board and the directory for its trace. */
enum reach { IN_REACH, ELSEWHERE, BARRED };

/* Judged by mode alone: a user who is no longer root keeps the capabilities up to the exec. */
static bool user_may(const char *path, long user, unsigned bits)
{
	struct stat st;
	if (sys4(SYS_newfstatat, AT_FDCWD, path, &st, 0))
		return false;
	unsigned of = st.st_uid == (uid_t)user ? 6 : st.st_gid == (gid_t)sys0(SYS_getegid) ? 3 : 0;
	return !user || (st.st_mode >> of & bits) == bits;
}

static bool may_write_trace(char *path, long user)
{
	unsigned bits = 3;
	for (char *slash; (slash = strrchr(path, '/')); bits = 1) {
		*slash = 0;
		if (!user_may(*path ? path : "/", user, bits))
			return false;
	}
	return true;
}

static enum reach reach(void)
{
	char path[OPTION_PATH + 8];
	struct stat st;
	make_path(path);
	if (!sys4(SYS_newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) && is_board(&st) &&
	    sys3(SYS_faccessat, AT_FDCWD, path, W_OK) != -EROFS)
		return IN_REACH;
	if (sys3(SYS_faccessat, AT_FDCWD, program_shim, R_OK))
		return IN_REACH; /* the shim does not get in either */
	long user = sys0(SYS_geteuid);
	bool own = !sys4(SYS_newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) && st.st_uid == (uid_t)user;
	return !own && may_write_trace(path, user) ? ELSEWHERE : BARRED;
}

enum { LET_NOT, LET_BARRED, LET_COUNTED, LET_NEXT };

int board_let(const char *program, bool spawned)
{
	struct board *b = board_at_hand();
	uintptr_t page = 0;
	if (!b)
		return LET_NOT;
	uint32_t pid = sys_off() ? (uint32_t)process_pid() : (uint32_t)sys0(SYS_getpid);
	enum reach to = sys_off() ? IN_REACH : reach();
	if (to == ELSEWHERE)
		return LET_NOT;
	if (to == BARRED) {
		__atomic_store_n(&b->last_barred, pid, __ATOMIC_RELAXED);
		__atomic_fetch_add(&b->barred, 1, __ATOMIC_RELAXED);
		return LET_BARRED;
	}
	/* A vfork child in a sandbox does not know its pid. */
	bool counted = spawned || (sys_off() && thread.vforked);
	for (int i = 0; !counted && i < BOARD_NEXT; i++) {
		uint32_t none = 0;
		if (!__atomic_compare_exchange_n(&b->next[i].pid, &none, pid, false, __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&b->next[i].run, (uint32_t)options.board, __ATOMIC_RELAXED);
		const char *name = program && peek_length(program, &page) >= 0 ? program : "";
		const char *slash = strrchr(name, '/');
		name = slash ? slash + 1 : name;
		size_t len = strnlen(name, sizeof b->next[i].program - 1);
		memcpy(b->next[i].program, name, len);
		b->next[i].program[len] = 0;
		return LET_NEXT + i;
	}
	__atomic_fetch_add(&b->begun, 1, __ATOMIC_RELAXED);
	return LET_COUNTED;
}

void board_unlet(int let)
{
	struct board *b = let == LET_NOT ? NULL : board_at_hand();
	if (!b)
		return;
	if (let >= LET_NEXT)
		__atomic_store_n(&b->next[let - LET_NEXT].pid, 0, __ATOMIC_RELAXED);
	else
		__atomic_fetch_sub(let == LET_BARRED ? &b->barred : &b->begun, 1, __ATOMIC_RELAXED);
}
