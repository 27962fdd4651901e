/* The live view on a terminal: see top_screen.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/live/top_screen.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "analyzer/base/util.h"
#include "analyzer/live/snapshot.h"
#include "analyzer/live/terminal.h"
#include "analyzer/report/text_style.h"

enum { KEY_ESCAPE = 27 };

struct screen {
	struct top *top;
	char *chosen; /* the identity of the selected place; NULL: the first */
	size_t row;   /* its position */
	size_t first; /* the first row, or line of the details, that is visible */
	bool details; /* of the selected place, shown instead of the table */
	bool ends;
};

/* -- lines ---------------------------------------------------------------------------------------------------- */

/* How many bytes of a text fit into so many columns. */
static size_t fitting(const char *text, int columns)
{
	size_t n = 0, left = strlen(text);
	mbstate_t state = {0};
	while (left) {
		wchar_t c;
		size_t bytes = mbrtowc(&c, text + n, left, &state);
		bool broken = bytes == 0 || bytes > left;
		int width = broken ? 1 : wcwidth(c);
		if (broken)
			bytes = 1;
		if (broken)
			state = (mbstate_t){0};
		columns -= width > 0 ? width : 0;
		if (columns < 0)
			break;
		n += bytes;
		left -= bytes;
	}
	return n;
}

static void put_line(int y, int attributes, const char *text)
{
	if (y < 0 || y >= LINES)
		return;
	attron(attributes);
	if (attributes)
		mvhline(y, 0, ' ', COLS);
	mvaddnstr(y, 0, text, (int)fitting(text, COLS));
	attroff(attributes);
}

/* Shows what was written to a memstream on a line. */
static void put_written(int y, int attributes, FILE *out, char **text)
{
	fclose(out);
	put_line(y, attributes, *text);
	free(*text);
}

/* -- the table ------------------------------------------------------------------------------------------------ */

enum { ABOVE = 3, BELOW = 1 }; /* lines around the rows */

static size_t page(void) { return LINES > ABOVE + BELOW ? (size_t)(LINES - ABOVE - BELOW) : 1; }

/* Only if there is room. */
static void put_help(const char *keys)
{
	if (LINES > ABOVE + BELOW)
		put_line(LINES - BELOW, A_DIM, keys);
}

/* The position of the selected place after a refresh or another order. */
static void find_chosen(struct screen *screen)
{
	const struct top *top = screen->top;
	for (size_t i = 0; screen->chosen && i < top->census->n; i++)
		if (strcmp(top->rows[i].place->identity, screen->chosen) == 0) {
			screen->row = i;
			return;
		}
	if (screen->row >= top->census->n)
		screen->row = top->census->n ? top->census->n - 1 : 0;
}

static void choose(struct screen *screen, size_t row)
{
	const struct top *top = screen->top;
	if (!top->census->n)
		return;
	screen->row = row < top->census->n ? row : top->census->n - 1;
	free(screen->chosen);
	screen->chosen = xstrdup(top->rows[screen->row].place->identity);
}

static void show_table(struct screen *screen)
{
	const struct top *top = screen->top;
	char *text;
	size_t n;
	FILE *out;
	if (screen->row < screen->first)
		screen->first = screen->row;
	if (screen->row >= screen->first + page())
		screen->first = screen->row - page() + 1;
	out = memstream(&text, &n);
	top_titles(out, top);
	put_written(2, A_REVERSE, out, &text);
	for (size_t i = 0; i < page() && screen->first + i < top->census->n; i++) {
		out = memstream(&text, &n);
		top_row(out, top, &top->rows[screen->first + i], true);
		put_written(ABOVE + (int)i, screen->first + i == screen->row ? A_STANDOUT : 0, out, &text);
	}
	put_help("q quit  s sort  o open  g growth  a age  w wait  enter details");
}

/* -- the details ---------------------------------------------------------------------------------------------- */

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void show_details(struct screen *screen)
{
	const struct top *top = screen->top;
	struct style style = text_no_colours;
	char *text;
	size_t n, i = 0;
	if (!top->census->n) {
		put_line(2, 0, "nothing is open");
		return;
	}
	FILE *out = memstream(&text, &n);
	style.full_stacks = true;
	top_row(out, top, &top->rows[screen->row], true);
	fputc('\n', out);
	snapshot_place(out, &style, top->census, top->rows[screen->row].place);
	fclose(out);
	if (screen->first >= count_lines(text))
		screen->first = count_lines(text) - 1;
	char *rest = text, *line;
	while ((line = strsep(&rest, "\n")) && i < screen->first + page() + 1) {
		if (i >= screen->first)
			put_line(2 + (int)(i - screen->first), 0, line);
		i++;
	}
	free(text);
	put_help("q back  up and down scroll");
}

/* -- the whole ------------------------------------------------------------------------------------------------ */

static void show(struct screen *screen)
{
	const struct census_process *fullest = top_fullest(screen->top);
	char *text;
	size_t n;
	erase();
	FILE *out = memstream(&text, &n);
	top_headline(out, screen->top);
	put_written(0, A_BOLD, out, &text);
	if (!fullest && screen->top->census->n_processes)
		fullest = &screen->top->census->processes[0];
	if (fullest) {
		out = memstream(&text, &n);
		top_process(out, screen->top->census, fullest);
		put_written(1, 0, out, &text);
	}
	(screen->details ? show_details : show_table)(screen);
	refresh();
}

static void look(struct screen *screen)
{
	top_look(screen->top, screen->details);
	find_chosen(screen);
}

static void order_by(struct screen *screen, enum top_order order)
{
	top_sort(screen->top, order);
	choose(screen, 0);
}

static void scroll_details(struct screen *screen, int key)
{
	switch (key) {
	case 'j':
	case KEY_DOWN: screen->first++; return;
	case KEY_NPAGE: screen->first += page(); return;
	case 'k':
	case KEY_UP: screen->first -= screen->first > 0; return;
	case KEY_PPAGE: screen->first -= screen->first < page() ? screen->first : page(); return;
	case KEY_HOME: screen->first = 0; return;
	case 'q':
	case KEY_ESCAPE:
	case KEY_ENTER:
	case '\r':
	case '\n':
		screen->details = false;
		screen->first = 0;
		return;
	default: return;
	}
}

static void move_in_table(struct screen *screen, int key)
{
	size_t row = screen->row;
	switch (key) {
	case 'q': screen->ends = true; return;
	case 's': order_by(screen, (enum top_order)((screen->top->order + 1) % TOP_ORDERS)); return;
	case 'o': order_by(screen, TOP_OPEN); return;
	case 'g': order_by(screen, TOP_GROWTH); return;
	case 'a': order_by(screen, TOP_OLDEST); return;
	case 'w': order_by(screen, TOP_WAIT); return;
	case 'j':
	case KEY_DOWN: choose(screen, row + 1); return;
	case 'k':
	case KEY_UP: choose(screen, row - (row > 0)); return;
	case KEY_NPAGE: choose(screen, row + page()); return;
	case KEY_PPAGE: choose(screen, row - (row < page() ? row : page())); return;
	case KEY_HOME: choose(screen, 0); return;
	case KEY_END: choose(screen, screen->top->census->n); return;
	case KEY_ENTER:
	case '\r':
	case '\n':
		choose(screen, row); /* the selection stays with it, wherever it moves */
		screen->details = true;
		screen->first = 0;
		look(screen); /* for its peers */
		return;
	default: return;
	}
}

/* Waits until the next refresh. */
static void heed_keys(struct screen *screen, int64_t until)
{
	while (!screen->ends) {
		int64_t left = (until - monotonic_now()) / 1000000;
		if (left <= 0)
			return;
		timeout(left < 3600000 ? (int)left : 3600000);
		int key = getch();
		if (key == ERR)
			continue;
		if (key == ' ')
			return;
		(screen->details ? scroll_details : move_in_table)(screen, key);
		show(screen);
	}
}

static void run(struct screen *screen, int64_t every, size_t times)
{
	for (size_t n = 1; !screen->ends; n++) {
		look(screen);
		show(screen);
		if (times && n >= times)
			return;
		heed_keys(screen, monotonic_now() + every);
	}
}

/* Complaints about the input would spoil the screen. Returns the former descriptor, to be restored. */
static int shut_standard_error(void)
{
	int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (nothing >= 0) {
		dup2(nothing, STDERR_FILENO);
		close(nothing);
	}
	return before;
}

int top_screen(struct top *top, int64_t every, size_t times)
{
	struct screen screen = {.top = top};
	setlocale(LC_CTYPE, "");
	SCREEN *terminal = terminal_has_screen() ? newterm(NULL, stdout, stdin) : NULL;
	if (!terminal)
		return -1;
	int before = shut_standard_error();
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(50);
	run(&screen, every, times);
	endwin();
	delscreen(terminal);
	if (before >= 0) {
		dup2(before, STDERR_FILENO);
		close(before);
	}
	free(screen.chosen);
	return 0;
}
