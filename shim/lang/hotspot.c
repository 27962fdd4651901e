/* What a HotSpot VM says of its structures: see hotspot.h; vmStructs.hpp of the JDK, elf(5) and the GNU hash table of symbols.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/lang/hotspot.h"

#include "shim/libc/libc.h"

#include <stddef.h>
#include <string.h>

/* -- symbols -------------------------------------------------------------------------------------------------- */

/* dlsym(3) takes a lock, and in an object that was loaded on its own it would have to be asked for by name. */
static const void *find_symbol(const struct link_map *object, const char *name)
{
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;
	const uint32_t *table = NULL;
	for (const ElfW(Dyn) *d = object->l_ld; d && d->d_tag != DT_NULL; d++) {
		const void *at = (const void *)d->d_un.d_ptr; /* the loader has relocated it */
		if (d->d_tag == DT_SYMTAB)
			symbols = at;
		else if (d->d_tag == DT_STRTAB)
			strings = at;
		else if (d->d_tag == DT_GNU_HASH)
			table = at;
	}
	uint32_t hash = 5381;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!symbols || !strings || !table || !table[0] || (uintptr_t)table < object->l_addr)
		return NULL;
	const uint32_t *buckets = table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof *table),
		       *chain = buckets + table[0];
	uint32_t i = buckets[hash % table[0]];
	for (; i >= table[1]; i++) {
		uint32_t other = chain[i - table[1]];
		if ((other | 1) == (hash | 1) && !strcmp(strings + symbols[i].st_name, name))
			return (const void *)(object->l_addr + symbols[i].st_value);
		if (other & 1)
			break;
	}
	return NULL;
}

/* -- tables --------------------------------------------------------------------------------------------------- */

struct vm_field { /* VMStructEntry */
	const char *type, *name, *type_of_field;
	int32_t is_static;
	uint64_t offset;
	const void *address;
};
struct vm_type { /* VMTypeEntry */
	const char *name, *super;
	int32_t is_oop, is_integer, is_unsigned;
	uint64_t size;
};
struct vm_constant { /* VMIntConstantEntry */
	const char *name;
	int32_t value;
};

/* A field has other names in other versions; all but those that are marked so have to be there. */
enum { OFTEN = 1 };
#define OF(member) offsetof(struct hotspot, member)
struct vm_name {
	uint16_t to;
	uint16_t often;
	const char *type, *name;
};
static const struct vm_name fields[] = {
	{OF(anchor), 0, "JavaThread", "_anchor"},
	{OF(state), 0, "JavaThread", "_thread_state"},
	{OF(stack_base), 0, "JavaThread", "_stack_base"},
	{OF(stack_size), 0, "JavaThread", "_stack_size"},
	{OF(next_thread), OFTEN, "JavaThread", "_next"},
	{OF(last_sp), 0, "JavaFrameAnchor", "_last_Java_sp"},
	{OF(last_pc), 0, "JavaFrameAnchor", "_last_Java_pc"},
	{OF(last_fp), 0, "JavaFrameAnchor", "_last_Java_fp"},
	{OF(call_anchor), 0, "JavaCallWrapper", "_anchor"},
	{OF(threads_length), OFTEN, "ThreadsList", "_length"},
	{OF(threads), OFTEN, "ThreadsList", "_threads"},
	{OF(stubs), 0, "StubQueue", "_stub_buffer"},
	{OF(stubs_size), 0, "StubQueue", "_buffer_limit"},
	{OF(heaps_length), 0, "GrowableArrayBase", "_len"},
	{OF(heaps_length), 0, "GenericGrowableArray", "_len"},
	{OF(heaps), 0, "GrowableArray<int>", "_data"},
	{OF(heap_memory), 0, "CodeHeap", "_memory"},
	{OF(heap_segments), 0, "CodeHeap", "_segmap"},
	{OF(heap_shift), 0, "CodeHeap", "_log2_segment_size"},
	{OF(space_low), 0, "VirtualSpace", "_low"},
	{OF(space_high), 0, "VirtualSpace", "_high"},
	{OF(block_used), 0, "HeapBlock::Header", "_used"},
	{OF(blob_name), 0, "CodeBlob", "_name"},
	{OF(blob_words), 0, "CodeBlob", "_frame_size"},
	{OF(blob_code), OFTEN, "CodeBlob", "_code_begin"},
	{OF(blob_code_offset), OFTEN, "CodeBlob", "_code_offset"},
	{OF(blob_data), OFTEN, "CodeBlob", "_mutable_data"},
	{OF(blob_relocation), OFTEN, "CodeBlob", "_relocation_size"},
	{OF(compiled_method), 0, "CompiledMethod", "_method"},
	{OF(compiled_method), 0, "nmethod", "_method"},
	{OF(compile_id), 0, "nmethod", "_compile_id"},
	{OF(original_pc), OFTEN, "nmethod", "_orig_pc_offset"},
	{OF(pcs), 0, "nmethod", "_scopes_pcs_offset"},
	{OF(pcs_end), OFTEN, "nmethod", "_dependencies_offset"},
	{OF(scopes), OFTEN, "CompiledMethod", "_scopes_data_begin"},
	{OF(metadata), OFTEN, "nmethod", "_metadata_offset"},
	{OF(tables), OFTEN, "nmethod", "_immutable_data"},
	{OF(scopes_offset), OFTEN, "nmethod", "_scopes_data_offset"},
	{OF(pc_offset), 0, "PcDesc", "_pc_offset"},
	{OF(pc_scope), 0, "PcDesc", "_scope_decode_offset"},
	{OF(method_const), 0, "Method", "_constMethod"},
	{OF(constants), 0, "ConstMethod", "_constants"},
	{OF(flags), 0, "ConstMethod", "_flags"},
	{OF(flags), 0, "ConstMethod", "_flags._flags"},
	{OF(code_size), 0, "ConstMethod", "_code_size"},
	{OF(name_index), 0, "ConstMethod", "_name_index"},
	{OF(holder), 0, "ConstantPool", "_pool_holder"},
	{OF(source_index), OFTEN, "ConstantPool", "_source_file_name_index"},
	{OF(class_name), 0, "Klass", "_name"},
	{OF(class_source_index), OFTEN, "InstanceKlass", "_source_file_name_index"},
	{OF(symbol_length), 0, "Symbol", "_length"},
	{OF(symbol_body), 0, "Symbol", "_body"},
};
static const struct vm_name sizes[] = {
	{OF(size_of_block), 0, "HeapBlock", ""},
	{OF(size_of_pc), 0, "PcDesc", ""},
	{OF(size_of_pool), 0, "ConstantPool", ""},
	{OF(size_of_const), 0, "ConstMethod", ""},
};
static const struct vm_name constants[] = {
	{OF(in_native), 0, "_thread_in_native", ""},
	{OF(call_wrapper), 0, "frame::entry_frame_call_wrapper_offset", ""},
};
static const struct vm_name variables[] = {
	{OF(thread_list), OFTEN, "ThreadsSMRSupport", "_java_thread_list"},
	{OF(newest_thread), OFTEN, "Threads", "_thread_list"},
	{OF(heap_list), 0, "CodeCache", "_heaps"},
	{OF(code_low), 0, "CodeCache", "_low_bound"},
	{OF(interpreter), 0, "AbstractInterpreter", "_code"},
	{OF(call_returns), 0, "StubRoutines", "_call_stub_return_address"},
	{OF(major), 0, "Abstract_VM_Version", "_vm_major_version"},
};

enum { ABSENT = -1 };

static const struct vm_name *row_of(const struct vm_name *rows, size_t n, const char *type, const char *name)
{
	for (const struct vm_name *row = rows; row < rows + n; row++)
		if (!strcmp(type, row->type) && !strcmp(name, row->name))
			return row;
	return NULL;
}
#define ROW_OF(rows, type, name) row_of(rows, sizeof rows / sizeof *rows, type, name)

static void set(struct hotspot *h, const struct vm_name *row, int64_t value)
{
	if (row)
		*(int32_t *)(void *)((char *)h + row->to) = (int32_t)value;
}

static void set_address(struct hotspot *h, const struct vm_name *row, const void *address)
{
	if (row)
		*(const void **)(void *)((char *)h + row->to) = address;
}

static void read_tables(struct hotspot *h, const struct vm_field *f, const struct vm_type *t,
			const struct vm_constant *c)
{
	for (; f->type; f++) {
		if (f->is_static)
			set_address(h, ROW_OF(variables, f->type, f->name), f->address);
		else
			set(h, ROW_OF(fields, f->type, f->name), (int64_t)f->offset);
	}
	for (; t->name; t++)
		set(h, ROW_OF(sizes, t->name, ""), (int64_t)t->size);
	for (; c->name; c++)
		set(h, ROW_OF(constants, c->name, ""), c->value);
}

/* Names that one member has in different versions: one of them will do. */
static bool has_all(const struct hotspot *h)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!fields[i].often && *(const int32_t *)(const void *)((const char *)h + fields[i].to) == ABSENT)
			return false;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (*(const int32_t *)(const void *)((const char *)h + sizes[i].to) <= 0)
			return false;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (!variables[i].often && !*(const void *const *)(const void *)((const char *)h + variables[i].to))
			return false;
	bool old = h->scopes >= 0 && h->pcs_end >= 0 && h->metadata >= 0 && h->blob_code >= 0,
	     new = h->tables >= 0 && h->scopes_offset >= 0 && h->blob_data >= 0 && h->blob_relocation >= 0 &&
		   h->blob_code_offset >= 0;
	bool threads = h->thread_list && h->threads_length >= 0 && h->threads >= 0,
	     chain = h->newest_thread && h->next_thread >= 0;
	return (old || new) && (threads || chain) && (h->source_index >= 0 || h->class_source_index >= 0) &&
	       h->in_native > 0 && h->call_wrapper != ABSENT;
}

bool hotspot_read(const struct link_map *object, struct hotspot *h)
{
	const void *const *f = find_symbol(object, "gHotSpotVMStructs"),
			  *const *t = find_symbol(object, "gHotSpotVMTypes"),
			  *const *c = find_symbol(object, "gHotSpotVMIntConstants");
	struct hotspot found;
	memset(&found, 0xff, offsetof(struct hotspot, thread_list)); /* ABSENT */
	memset(&found.thread_list, 0, sizeof found - offsetof(struct hotspot, thread_list));
	if (!f || !t || !c || !*f || !*t || !*c)
		return false;
	read_tables(&found, *f, *t, *c);
	if (!has_all(&found))
		return false;
	*h = found;
	return true;
}
