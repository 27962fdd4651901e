/* Sanitizer runtimes that are libraries: see runtime.h; elf(5), ld.so(8).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/runtime.h"

#include "shim/kernel/sys.h"

#include <elf.h>
#include <link.h>
#include <string.h>

int runtime_is(const char *name, size_t len)
{
	static const char *const stems[] = {"libasan.so", "libtsan.so", "liblsan.so", "libhwasan.so", "libclang_rt."};
	const char *slash = memrchr(name, '/', len);
	size_t skip = slash ? (size_t)(slash + 1 - name) : 0;
	for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
		if (len - skip >= strlen(stems[i]) && !memcmp(name + skip, stems[i], strlen(stems[i])))
			return 1;
	return 0;
}

struct program {
	long fd;
	unsigned segments;
	ElfW(Phdr) segment[16];
};

static int read_at(const struct program *p, void *to, size_t len, uint64_t at)
{
	return sys4(SYS_pread64, p->fd, to, len, at) == (long)len;
}

/* The file offset of an address of the running program, or 0. */
static uint64_t in_file(const struct program *p, uint64_t address)
{
	for (unsigned i = 0; i < p->segments; i++)
		if (p->segment[i].p_type == PT_LOAD && address - p->segment[i].p_vaddr < p->segment[i].p_filesz)
			return p->segment[i].p_offset + (address - p->segment[i].p_vaddr);
	return 0;
}

/* Compilers link the runtime before anything else a program needs, so this many entries suffice. */
static size_t needed(const struct program *p, const ElfW(Phdr) * dynamic, char name[RUNTIME_MAX])
{
	ElfW(Dyn) entry[64];
	size_t n = dynamic->p_filesz < sizeof entry ? dynamic->p_filesz / sizeof *entry : sizeof entry / sizeof *entry;
	uint64_t strings = 0;
	if (!read_at(p, entry, n * sizeof *entry, dynamic->p_offset))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (entry[i].d_tag == DT_STRTAB)
			strings = in_file(p, entry[i].d_un.d_ptr);
	for (size_t i = 0; strings && i < n && entry[i].d_tag != DT_NULL; i++) {
		if (entry[i].d_tag != DT_NEEDED)
			continue;
		long got = sys4(SYS_pread64, p->fd, name, RUNTIME_MAX, strings + entry[i].d_un.d_val);
		size_t len = got > 0 ? strnlen(name, (size_t)got) : 0;
		if (len < RUNTIME_MAX && runtime_is(name, len) && !name[strcspn(name, ": ")])
			return len;
	}
	return 0;
}

static size_t look(struct program *p, char name[RUNTIME_MAX])
{
	ElfW(Ehdr) header;
	if (!read_at(p, &header, sizeof header, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return 0;
	p->segments = header.e_phnum;
	if (p->segments > sizeof p->segment / sizeof *p->segment ||
	    !read_at(p, p->segment, p->segments * sizeof *p->segment, header.e_phoff))
		return 0;
	for (unsigned i = 0; i < p->segments; i++)
		if (p->segment[i].p_type == PT_DYNAMIC)
			return needed(p, &p->segment[i], name);
	return 0;
}

size_t runtime_of(const char *path, char name[RUNTIME_MAX])
{
	struct program p;
	p.fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	if (p.fd < 0)
		return 0;
	size_t len = look(&p, name);
	sys1(SYS_close, p.fd);
	return len;
}
