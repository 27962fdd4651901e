/* Whether the unwinder may go on: see frame.h; .eh_frame and .eh_frame_hdr of the Linux Standard Base, call frame information of DWARF.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/frame.h"

#include "shim/arch/arch.h"
#include "shim/libc/libc.h"
#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/state/program.h"
#include "shim/state/thread.h"

#include <limits.h>
#include <string.h>
#include <unwind.h>

#if ARCH_FRAMES

typedef const unsigned char *bytes;

static uint32_t u32(bytes at)
{
	uint32_t n;
	memcpy(&n, at, sizeof n);
	return n;
}

/* So many bytes, little-endian. */
static uint64_t number(bytes *at, unsigned size)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < size; i++)
		n |= (uint64_t) * (*at)++ << 8 * i;
	return n;
}

static uint64_t uleb(bytes *at)
{
	uint64_t n = 0;
	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte = *(*at)++;
		if (shift < 64)
			n |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return n;
	}
}

static int64_t sleb(bytes *at)
{
	bytes from = *at;
	uint64_t n = uleb(at);
	unsigned bits = 7 * (unsigned)(*at - from);
	return bits < 64 && (*at)[-1] & 0x40 ? (int64_t)(n | ~0ull << bits) : (int64_t)n;
}

/* The FDE of the function around pc, or NULL. For tables as every linker makes them; others are left to the unwinder. */
static bytes find_fde(uintptr_t pc, uintptr_t *function)
{
	struct dl_find_object o;
	if (!program_find((void *)pc, &o) || !o.dlfo_eh_frame)
		return NULL;
	bytes header = o.dlfo_eh_frame, table = header + 12;
	if (header[0] != 1 || header[1] != 0x1b || header[2] != 0x03 || header[3] != 0x3b)
		return NULL;
	uint32_t low = 0, high = u32(header + 8);
	int64_t offset = (int64_t)(pc - (uintptr_t)header);
	while (low < high) { /* the last entry that begins at or before pc is low - 1 */
		uint32_t middle = low + (high - low) / 2;
		if ((int32_t)u32(table + 8 * middle) <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	*function = (uintptr_t)header + (uintptr_t)(int64_t)(int32_t)u32(table + 8 * (low - 1));
	bytes fde = header + (int32_t)u32(table + 8 * (low - 1) + 4);
	return pc - *function < u32(fde + 12) ? fde : NULL;
}

/* The caller's value of a register is at an offset from the canonical frame address, or FRAME_KEPT or _LOST. False: it is a register that
 * locates frames, and not where each call saves it. */
static bool keep(struct frame_rule *rule, uint64_t reg, int64_t at)
{
	int slot = reg <= INT_MAX ? arch_slot((int)reg) : -1;
	if (slot >= 0)
		rule->at[slot] = at == (int16_t)at ? (int16_t)at : FRAME_LOST;
	return reg == ARCH_RETURN ? at == -(int64_t)sizeof at : reg != ARCH_STACK_POINTER;
}

/* The caller's value of a register is where it was at the function's start. */
static void restore(struct frame_rule *rule, const struct frame_rule *first, uint64_t reg)
{
	int slot = reg <= INT_MAX ? arch_slot((int)reg) : -1;
	if (slot >= 0)
		rule->at[slot] = first->at[slot];
}

/* An instruction that defines where the frame is; `at` is at its operands. Returns what follows them. */
static bytes define(unsigned op, bytes at, int64_t factor, struct frame_rule *rule)
{
	enum { CFA = 0x0c, CFA_REGISTER, CFA_OFFSET, CFA_EXPRESSION, CFA_SF = 0x12, CFA_OFFSET_SF };
	if (op == CFA_EXPRESSION) {
		rule->reg = FRAME_ELSEWHERE;
		uint64_t skip = uleb(&at);
		return at + skip;
	}
	if (op == CFA || op == CFA_REGISTER || op == CFA_SF)
		rule->reg = (int)uleb(&at);
	if (op == CFA || op == CFA_OFFSET)
		rule->offset = (int64_t)uleb(&at);
	else if (op == CFA_SF || op == CFA_OFFSET_SF)
		rule->offset = sleb(&at) * factor;
	return at;
}

/* Runs the instructions up to that of the program at `target`, in code bytes from the function's start. False: not understood. */
static bool run(bytes at, bytes end, uint64_t unit, int64_t factor, uint64_t target, struct frame_rule *rule)
{
	struct frame_rule first = *rule, saved[4];
	unsigned depth = 0;
	uint64_t place = 0, reg, skip;
	bool known = true;
	while (known && at < end && place <= target) {
		unsigned char op = *at++;
		switch (op & 0xc0 ? op & 0xc0 : op) {
		case 0x40: place += (op & 0x3f) * unit; break;				      /* DW_CFA_advance_loc */
		case 0x80: known = keep(rule, op & 0x3f, (int64_t)uleb(&at) * factor); break; /* offset */
		case 0xc0: restore(rule, &first, op & 0x3f); break;
		case 0x00: break; /* nop */
		case 0x02:	  /* advance_loc1 */
		case 0x03:	  /* advance_loc2 */
		case 0x04: /* advance_loc4 */ place += number(&at, 1u << (op - 2)) * unit; break;
		case 0x06: /* restore_extended */ restore(rule, &first, uleb(&at)); break;
		case 0x08: /* same_value */ keep(rule, uleb(&at), FRAME_KEPT); break;
		case 0x2e: uleb(&at); break;				     /* GNU_args_size */
		case 0x07: known = keep(rule, uleb(&at), FRAME_LOST); break; /* undefined */
		case 0x05:						     /* offset_extended */
			reg = uleb(&at);
			known = keep(rule, reg, (int64_t)uleb(&at) * factor);
			break;
		case 0x09: /* register */
			known = keep(rule, uleb(&at), FRAME_LOST);
			uleb(&at);
			break;
		case 0x0a: /* remember_state */
			if (depth == sizeof saved / sizeof *saved)
				return false;
			saved[depth++] = *rule;
			break;
		case 0x0b: /* restore_state */
			if (!depth)
				return false;
			*rule = saved[--depth];
			break;
		case 0x0c:
		case 0x0d:
		case 0x0e:
		case 0x0f:
		case 0x12:
		case 0x13: at = define(op, at, factor, rule); break;
		case 0x11: /* offset_extended_sf */
			reg = uleb(&at);
			known = keep(rule, reg, sleb(&at) * factor);
			break;
		case 0x10: /* expression */
		case 0x16: /* val_expression */
			known = keep(rule, uleb(&at), FRAME_LOST);
			skip = uleb(&at);
			at += skip;
			break;
		default: return false;
		}
	}
	return known;
}

/* The rule at pc. False: there is none that is understood. */
static bool find_rule(uintptr_t pc, struct frame_rule *rule)
{
	uintptr_t function;
	bytes fde = find_fde(pc, &function);
	if (!fde || u32(fde) == UINT32_MAX)
		return false;
	bytes cie = fde + 4 - u32(fde + 4), letters = cie + 9, at = letters + strlen((const char *)letters) + 1;
	if (u32(cie) == UINT32_MAX || (cie[8] != 1 && cie[8] != 3) || letters[0] != 'z' ||
	    strchr((const char *)letters, 'S'))
		return false; /* a signal frame: its registers are where the kernel put them */
	uint64_t unit = uleb(&at);
	int64_t factor = sleb(&at);
	if (cie[8] == 1)
		at++;
	else
		uleb(&at);
	uint64_t more = uleb(&at);
	bytes program = fde + 16;
	uint64_t skip = uleb(&program);
	return run(at + more, cie + 4 + u32(cie), unit, factor, 0, rule) &&
	       run(program + skip, fde + 4 + u32(fde), unit, factor, pc - function, rule);
}

struct frame_rule frame_rule(uintptr_t pc)
{
	struct frame_rule rule = {.reg = FRAME_ELSEWHERE};
	/* A return address may be right behind the function's last byte. */
	if (!find_rule(pc - 1, &rule))
		rule.reg = FRAME_ELSEWHERE;
	return rule;
}

/* Whether a slot up the stack can be read. In a sandbox the kernel cannot be asked: then the page of this function's own frame counts as
 * readable, and what is between it and the end of an earlier walk of this thread. */
static bool slot_readable(uintptr_t slot, uintptr_t *page)
{
	enum { GAP = 1 << 16, OFFSET = 4095 };
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	if (sys_off()) {
		uintptr_t low = thread.stack_low > here && thread.stack_low - here <= GAP ? here : thread.stack_low;
		return (slot | OFFSET) == (here | OFFSET) || (slot >= low && slot <= thread.stack_high);
	}
	if (!peek_page(slot, page))
		return false;
	if (here < thread.stack_low || here > thread.stack_high) {
		thread.stack_low = here;
		thread.stack_high = here | OFFSET;
	}
	if (slot > thread.stack_high && slot - thread.stack_high <= GAP)
		thread.stack_high = slot | OFFSET;
	return true;
}

bool frame_holds(const void *at, size_t n)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), from = (uintptr_t)at;
	return here >= thread.stack_low && from >= here && from <= thread.stack_high && n <= thread.stack_high - from;
}

bool frame_leads_on(struct _Unwind_Context *context, const struct frame_rule *rule, uintptr_t *page)
{
	if (rule->reg != ARCH_STACK_POINTER && !arch_keeps(rule->reg))
		return true;
	uintptr_t base = rule->reg == ARCH_STACK_POINTER ? _Unwind_GetCFA(context) : _Unwind_GetGR(context, rule->reg);
	uintptr_t slot = base + (uintptr_t)rule->offset - sizeof slot;
	if (slot & 7 || !slot_readable(slot, page))
		return false;
	uintptr_t caller = *(volatile uintptr_t *)slot, code = 0, function;
	/* For code without a table, the unwinder checks whether it is a signal return. */
	return !caller || find_fde(caller - 1, &function) ||
	       (peek_page(caller, &code) && peek_page(caller + 15, &code));
}

#else

struct frame_rule frame_rule(uintptr_t pc)
{
	(void)pc;
	return (struct frame_rule){.reg = FRAME_ELSEWHERE};
}

bool frame_leads_on(struct _Unwind_Context *context, const struct frame_rule *rule, uintptr_t *page)
{
	(void)context;
	(void)rule;
	(void)page;
	return true;
}

#endif
