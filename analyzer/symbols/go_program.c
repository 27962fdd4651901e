/* Programs of Go: see go_program.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/symbols/go_program.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>

#include "analyzer/base/util.h"

static bool has_go_note(Elf_Data *data)
{
	GElf_Nhdr note;
	size_t name, desc, at = 0;
	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0)
		if (note.n_namesz == sizeof "Go\0" && memcmp((const char *)data->d_buf + name, "Go\0", 4) == 0)
			return true;
	return false;
}

static bool is_signed(Elf *elf)
{
	size_t n = 0;
	GElf_Phdr segment;
	if (!elf || elf_getphdrnum(elf, &n) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_NOTE &&
		    has_go_note(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
						     segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR)))
			return true;
	return false;
}

bool is_go_program(const char *path)
{
	struct stat st;
	int fd = open_regular(path, &st);
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	bool is = is_signed(elf);
	elf_end(elf);
	close(fd);
	return is;
}
