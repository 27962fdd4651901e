/* The shim's side of what the processes of a run share: see board.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/board.h"

#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/state/options.h"
#include "shim/state/self.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct board *board;

/* Who opens it may be a program of another user by now, and the name another's file. */
static bool is_board(long fd)
{
	struct stat st;
	return !sys2(SYS_fstat, fd, &st) && S_ISREG(st.st_mode) && st.st_size == sizeof *board && st.st_nlink == 1 &&
	       st.st_uid == (uid_t)sys0(SYS_geteuid);
}

void board_open(void)
{
	char path[OPTION_PATH + 8];
	if (!options.board)
		return;
	strcpy(stpcpy(path, options.log_path), ".board");
	long fd = sys_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (is_board(fd))
		board = sys_mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	sys1(SYS_close, fd);
	uint32_t none = 0;
	if (!board) /* else as long as it was a moment ago */
		return;
	__atomic_fetch_add(&board->observed, 1, __ATOMIC_RELAXED);
	__atomic_compare_exchange_n(&board->first, &none, (uint32_t)process_pid(), false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* Touching a page of a file that was cut short meanwhile is a SIGBUS; the kernel looks first. In a sandbox it cannot be asked: the file is
 * socksan run's own. */
struct board *board_at_hand(void)
{
	uint32_t first;
	return board && (sys_off() || peek(&first, &board->first, sizeof first)) ? board : NULL;
}
