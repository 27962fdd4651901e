/* Redirects import slots: see redirect.h; elf(5), dl_iterate_phdr(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/redirect.h"

#include "shim/arch/arch.h"
#include "shim/hooks/hook.h"
#include "shim/kernel/peek.h"
#include "shim/libc/libc.h"
#include "shim/state/program.h"
#include "shim/state/self.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <time.h>

/* -- the loader's own functions, hooked to find objects loaded later ------------------------------------------ */

/* Each one jumps to the real function, since the loader looks at its caller. */
#define LOADERS LOADER(dlopen) LOADER(dlmopen) LOADER(dlsym) LOADER(dlvsym)

#ifdef ARCH_JUMP_BEHIND
__attribute__((used, visibility("hidden"))) void redirect_look(void);
#define LOADER(name)                                                               \
	__attribute__((used, visibility("hidden"))) void *redirect_real_##name;    \
	extern const char redirect_##name[] __attribute__((visibility("hidden"))); \
	ARCH_JUMP_BEHIND("redirect_" #name, "redirect_look", "redirect_real_" #name);
LOADERS
#undef LOADER
#endif

/* -- names ---------------------------------------------------------------------------------------------------- */

static const struct import_name {
	const char *name;
	const void *hook;
	void *const *real;
} names[] = {
#define HOOK(name, ...) {#name, (const void *)name, (void *const *)&real.name},
#define ALIAS(name, of) {#name, (const void *)of, (void *const *)&real.of},
#include "shim/model/hooks.def"
#ifdef ARCH_JUMP_BEHIND
#define LOADER(name) {#name, redirect_##name, (void *const *)&redirect_real_##name},
	LOADERS
#undef LOADER
#endif
};

enum { NAMES = sizeof names / sizeof *names, PLACES = 1024 };
static bool leads_to_real[NAMES]; /* for imports that are not bound yet */
static const void *libcs[NAMES];  /* the real functions, which a quarantine takes the place of later */
static uint16_t place[PLACES];	  /* hash table: index of a name plus one; 0: free */
_Static_assert(NAMES < PLACES / 2, "it is sparse");

static unsigned hash_of(const char *name)
{
	unsigned hash = 5381;
	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

static bool in_same_object(const void *a, const void *b)
{
	struct dl_find_object of_a, of_b;
	return program_find(a, &of_a) && program_find(b, &of_b) && of_a.dlfo_map_start == of_b.dlfo_map_start;
}

/* Done in advance, since dlsym takes the loader's lock, which must not be taken inside dl_iterate_phdr. */
static void bind_names(void)
{
	for (unsigned i = 0; i < NAMES; i++) {
		const void *found = dlsym(RTLD_DEFAULT, names[i].name);
		libcs[i] = *names[i].real;
		leads_to_real[i] = found && (in_same_object(found, libcs[i]) || in_same_object(found, names[i].hook));
	}
}

static void index_names(void)
{
	for (unsigned i = 0; i < NAMES; i++) {
		unsigned at = hash_of(names[i].name) % PLACES;
		while (place[at])
			at = (at + 1) % PLACES;
		place[at] = (uint16_t)(i + 1);
	}
}

static const struct import_name *find_name(const char *name)
{
	for (unsigned at = hash_of(name) % PLACES; place[at]; at = (at + 1) % PLACES)
		if (!strcmp(names[place[at] - 1].name, name))
			return &names[place[at] - 1];
	return NULL;
}

/* -- slots ---------------------------------------------------------------------------------------------------- */

/* The changed slots, in order. */
static struct slot {
	void **at;
	void *was;
	const void *hook;
	bool sealed; /* the loader has made its page read-only */
} * slots[256];
enum { SLOTS = 1024 };
static unsigned used;
static int looking;		/* the process in which a thread redirects; a forked child does not have that thread */
static unsigned long long seen; /* objects loaded so far, by the loader's count */
static bool on;

static struct slot *slot_at(unsigned i) { return &slots[i / SLOTS][i % SLOTS]; }

static bool make_room(void)
{
	struct slot **part = used / SLOTS < sizeof slots / sizeof *slots ? &slots[used / SLOTS] : NULL;
	if (part && !*part)
		*part = sys_mmap(NULL, SLOTS * sizeof **part, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				 0);
	return part && *part;
}

/* Makes the writable page read-only again. `open`: its address; 0: none. */
static void seal(uintptr_t *open)
{
	if (*open)
		sys3(SYS_mprotect, *open, 4096, PROT_READ);
	*open = 0;
}

static bool store(uintptr_t *open, void **at, const void *value, bool sealed)
{
	uintptr_t page = (uintptr_t)at & ~4095ul;
	if (page != *open) {
		seal(open);
		if (sealed && sys3(SYS_mprotect, page, 4096, PROT_READ | PROT_WRITE))
			return false;
		*open = sealed ? page : 0;
	}
	__atomic_store_n(at, (void *)value, __ATOMIC_RELEASE);
	return true;
}

/* An object's imports. */
struct imports {
	ElfW(Addr) base, sealed_from, sealed_to;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Rela) * table[2];
	size_t n[2];
	const struct dl_phdr_info *info;
	uintptr_t open;
};

static bool is_writable(const struct imports *o, const void *at)
{
	for (int i = 0; i < o->info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &o->info->dlpi_phdr[i];
		uintptr_t from = o->base + ph->p_vaddr, to = from + ph->p_memsz;
		if (ph->p_type == PT_LOAD && ph->p_flags & PF_W && (uintptr_t)at >= from && (uintptr_t)at + 8 <= to)
			return true;
	}
	return false;
}

/* The loader has relocated the addresses in most objects' tables, but not in the vDSO's. */
static const void *address(const struct imports *o, ElfW(Addr) at)
{
	return (const void *)(at < o->base ? at + o->base : at);
}

static bool read_tables(struct imports *o)
{
	const ElfW(Dyn) *dynamic = NULL;
	for (int i = 0; i < o->info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &o->info->dlpi_phdr[i];
		if (ph->p_type == PT_DYNAMIC)
			dynamic = (const void *)(o->base + ph->p_vaddr);
		if (ph->p_type == PT_GNU_RELRO) {
			o->sealed_from = (o->base + ph->p_vaddr) & ~4095ul;
			o->sealed_to = (o->base + ph->p_vaddr + ph->p_memsz) & ~4095ul;
		}
	}
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++)
		switch (dynamic->d_tag) {
		case DT_SYMTAB: o->symbols = address(o, dynamic->d_un.d_ptr); break;
		case DT_STRTAB: o->strings = address(o, dynamic->d_un.d_ptr); break;
		case DT_JMPREL: o->table[0] = address(o, dynamic->d_un.d_ptr); break;
		case DT_PLTRELSZ: o->n[0] = dynamic->d_un.d_val / sizeof *o->table[0]; break;
		case DT_RELA: o->table[1] = address(o, dynamic->d_un.d_ptr); break;
		case DT_RELASZ: o->n[1] = dynamic->d_un.d_val / sizeof *o->table[1]; break;
		case DT_PLTREL:
			if (dynamic->d_un.d_val != DT_RELA)
				return false;
			break;
		}
	return o->symbols && o->strings;
}

/* Whether an import leads to the real function, in any of its versions, or will once it is bound. */
static bool leads_there(const struct imports *o, const ElfW(Rela) * r, const ElfW(Sym) * symbol,
			const struct import_name *name, const void *is)
{
	const void *real_one = libcs[name - names];
	if (!is || !real_one)
		return false;
	bool unbound = ELF64_R_TYPE(r->r_info) == ARCH_JUMP_SLOT && in_same_object(is, o->symbols);
	return unbound ? symbol->st_shndx == SHN_UNDEF && leads_to_real[name - names] : in_same_object(is, real_one);
}

static void redirect(struct imports *o, const ElfW(Rela) * r)
{
	const ElfW(Sym) *symbol = &o->symbols[ELF64_R_SYM(r->r_info)];
	const struct import_name *name = find_name(o->strings + symbol->st_name);
	void **at = (void **)(o->base + r->r_offset);
	if (!name || (uintptr_t)at % sizeof *at || !is_writable(o, at) || !make_room())
		return;
	void *was = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	bool sealed = (uintptr_t)at >= o->sealed_from && (uintptr_t)at < o->sealed_to;
	if (!leads_there(o, r, symbol, name, was))
		return;
	*slot_at(used) = (struct slot){at, was, name->hook, sealed};
	used += store(&o->open, at, name->hook, sealed);
}

static int redirect_object(struct dl_phdr_info *info, size_t size, void *unused_)
{
	extern const char __ehdr_start[] __attribute__((visibility("hidden")));
	struct imports o = {.base = info->dlpi_addr, .info = info};
	(void)size;
	(void)unused_;
	if (o.base == (uintptr_t)__ehdr_start || !read_tables(&o))
		return 0;
	for (int t = 0; t < 2; t++)
		for (size_t i = 0; o.table[t] && i < o.n[t]; i++) {
			const ElfW(Rela) *r = &o.table[t][i];
			if (ELF64_R_TYPE(r->r_info) == ARCH_JUMP_SLOT || ELF64_R_TYPE(r->r_info) == ARCH_GLOB_DAT)
				redirect(&o, r);
		}
	seal(&o.open);
	return 0;
}

static int count(struct dl_phdr_info *info, size_t size, void *adds)
{
	(void)size;
	*(unsigned long long *)adds = info->dlpi_adds;
	return 1;
}

static bool try_looking(void)
{
	int is = __atomic_load_n(&looking, __ATOMIC_RELAXED), own = process_pid();
	return is != own && __atomic_compare_exchange_n(&looking, &is, own, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Waits for a limited time only: the other thread may wait for a lock of the loader that this one holds. */
static bool await_looking(void)
{
	static const struct timespec moment = {.tv_nsec = 1000000};
	enum { TURNS = 100 };
	for (int turn = 0; turn < TURNS; turn++) {
		if (try_looking())
			return true;
		sys5(SYS_ppoll, NULL, 0, &moment, NULL, 0);
	}
	return false;
}

static void end_looking(void) { __atomic_store_n(&looking, 0, __ATOMIC_RELEASE); }

static void look(bool all)
{
	unsigned long long adds = 0;
	dl_iterate_phdr(count, &adds);
	if (on && (all || adds != seen)) {
		dl_iterate_phdr(redirect_object, NULL);
		seen = adds;
	}
}

#ifdef ARCH_JUMP_BEHIND
void redirect_look(void)
{
	if (!try_looking())
		return;
	look(false);
	end_looking();
}
#endif

bool redirect_all(unsigned *slots_used)
{
	if (!await_looking())
		return false;
	if (!*place)
		index_names();
#ifdef ARCH_JUMP_BEHIND
#define LOADER(name) redirect_real_##name = dlsym(RTLD_NEXT, #name);
	LOADERS
#undef LOADER
#endif
	bind_names();
	used = 0;
	on = true;
	look(true);
	*slots_used = used;
	end_looking();
	return true;
}

bool redirect_undo(void)
{
	uintptr_t open = 0;
	void *is;
	if (!await_looking())
		return false;
	on = false;
	/* Backwards: where one object was mapped over another, the later slot is the live one. */
	for (unsigned i = used; i-- > 0;) {
		const struct slot *slot = slot_at(i);
		if (peek(&is, slot->at, sizeof is) && is == slot->hook)
			store(&open, slot->at, slot->was, slot->sealed);
	}
	seal(&open);
	used = 0;
	end_looking();
	return true;
}
