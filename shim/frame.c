/* Whether the unwinder may go on: see frame.h; .eh_frame and .eh_frame_hdr of the Linux Standard Base, call frame information of DWARF.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/frame.h"

#include "shim/stack.h"
#include "shim/sys.h"

#include <dlfcn.h>
#include <string.h>
#include <unwind.h>

#if defined(__x86_64__)

enum { RBX = 3, RBP = 6, RSP = 7, R12 = 12, R15 = 15, RETURN = 16 };

/* A call that fails, either way: the kernel reads the set before it looks at what to do with it. */
static bool readable(uintptr_t at, uintptr_t *page)
{
	if (*page == at >> 12)
		return true;
	if (sys4(SYS_rt_sigprocmask, 0x7fff, at & ~7ul, NULL, 8) == -EFAULT)
		return false;
	*page = at >> 12;
	return true;
}

typedef const unsigned char *bytes;

static uint32_t u32(bytes at)
{
	uint32_t n;
	memcpy(&n, at, sizeof n);
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

/* The description of the function around pc, or NULL. Tables as every linker makes them; others are the unwinder's affair. */
static bytes find_fde(uintptr_t pc, uintptr_t *function)
{
	struct dl_find_object o;
	if (!stack_find((void *)pc, &o) || !o.dlfo_eh_frame)
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

/* Where a frame of a function lies, by the rule for one of its instructions: reg + offset, or reg < 0 for what is not told so. */
struct rule {
	int reg;
	int64_t offset;
};

/* Runs the instructions up to that of the program at `target`, code bytes from the function's start. False: not understood. */
static bool run(bytes at, bytes end, uint64_t unit, int64_t factor, uint64_t target, struct rule *rule)
{
	struct rule saved[4];
	unsigned depth = 0;
	uint64_t place = 0;
	while (at < end && place <= target) {
		unsigned char op = *at++;
		switch (op & 0xc0 ? op & 0xc0 : op) {
		case 0x40: place += (op & 0x3f) * unit; break; /* DW_CFA_advance_loc */
		case 0x80: uleb(&at); break;		       /* offset */
		case 0xc0: break;			       /* restore */
		case 0x00: break;			       /* nop */
		case 0x02: place += *at++ * unit; break;       /* advance_loc1 */
		case 0x03:				       /* advance_loc2 */
			place += (at[0] | (unsigned)at[1] << 8) * unit;
			at += 2;
			break;
		case 0x04: /* advance_loc4 */
			place += u32(at) * unit;
			at += 4;
			break;
		case 0x06: /* restore_extended */
		case 0x08: /* same_value */
		case 0x2e: /* GNU_args_size */ uleb(&at); break;
		case 0x07: /* undefined: of the return address, nothing called this */
			if (uleb(&at) == RETURN)
				return false;
			break;
		case 0x05: /* offset_extended */
		case 0x09: /* register */
			uleb(&at);
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
		case 0x0c: /* def_cfa */
			rule->reg = (int)uleb(&at);
			rule->offset = (int64_t)uleb(&at);
			break;
		case 0x0d: rule->reg = (int)uleb(&at); break;	     /* def_cfa_register */
		case 0x0e: rule->offset = (int64_t)uleb(&at); break; /* def_cfa_offset */
		case 0x12:					     /* def_cfa_sf */
			rule->reg = (int)uleb(&at);
			rule->offset = sleb(&at) * factor;
			break;
		case 0x13: rule->offset = sleb(&at) * factor; break; /* def_cfa_offset_sf */
		case 0x0f:					     /* def_cfa_expression */
			rule->reg = -1;
			at += uleb(&at);
			break;
		case 0x11: /* offset_extended_sf */
			uleb(&at);
			sleb(&at);
			break;
		case 0x10: /* expression */
		case 0x16: /* val_expression */ {
			uleb(&at);
			uint64_t len = uleb(&at);
			at += len;
			break;
		}
		default: return false;
		}
	}
	return true;
}

/* The rule at pc. False: there is none that is understood. */
static bool find_rule(uintptr_t pc, struct rule *rule)
{
	uintptr_t function;
	bytes fde = find_fde(pc, &function);
	if (!fde || u32(fde) == UINT32_MAX)
		return false;
	bytes cie = fde + 4 - u32(fde + 4), letters = cie + 9, at = letters + strlen((const char *)letters) + 1;
	if (u32(cie) == UINT32_MAX || (cie[8] != 1 && cie[8] != 3) || letters[0] != 'z' ||
	    strchr((const char *)letters, 'S'))
		return false; /* a signal's frame: its registers lie where the kernel put them */
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

bool frame_leads_on(struct _Unwind_Context *context, uintptr_t pc, uintptr_t *page)
{
	struct rule rule = {-1, 0};
	/* A return address may lie right behind the function's last byte. */
	if (!find_rule(pc - 1, &rule))
		return true;
	bool kept = rule.reg == RBX || rule.reg == RBP || (rule.reg >= R12 && rule.reg <= R15);
	if (rule.reg != RSP && !kept)
		return true;
	uintptr_t base = rule.reg == RSP ? _Unwind_GetCFA(context) : _Unwind_GetGR(context, rule.reg);
	uintptr_t slot = base + (uintptr_t)rule.offset - sizeof slot;
	if (slot & 7 || !readable(slot, page))
		return false;
	uintptr_t caller = *(volatile uintptr_t *)slot, code = 0, function;
	/* Of code that no table tells of, the unwinder looks whether it is a signal's return. */
	return !caller || find_fde(caller - 1, &function) || (readable(caller, &code) && readable(caller + 15, &code));
}

#else

bool frame_leads_on(struct _Unwind_Context *context, uintptr_t pc, uintptr_t *page)
{
	(void)context;
	(void)pc;
	(void)page;
	return true;
}

#endif
