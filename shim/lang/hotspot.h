/* The layout of a HotSpot VM, as far as reading Java stacks needs it. The VM publishes it for debuggers: each libjvm.so exports tables of
 * its structures, src/hotspot/share/runtime/vmStructs.cpp. JDK 11 to 22, and from 25 on; other versions are not supported.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_HOTSPOT_H
#define SHIM_HOTSPOT_H

#include <stdbool.h>
#include <stdint.h>

struct link_map;

/* In bytes from the start of the structure; -1: this VM has no such field. */
struct hotspot {
	int32_t anchor, state, stack_base, stack_size, next_thread; /* of JavaThread */
	int32_t last_sp, last_pc, last_fp;			    /* of JavaFrameAnchor */
	int32_t call_anchor;					    /* of JavaCallWrapper */
	int32_t threads_length, threads;			    /* of ThreadsList */
	int32_t stubs, stubs_size;				    /* of StubQueue */
	int32_t heaps_length, heaps;				    /* of GrowableArray */
	int32_t heap_memory, heap_segments, heap_shift;		    /* of CodeHeap */
	int32_t space_low, space_high;				    /* of VirtualSpace */
	int32_t block_used;					    /* of HeapBlock */
	int32_t blob_name, blob_words, blob_code, blob_code_offset; /* of CodeBlob */
	int32_t blob_data, blob_relocation;			    /* of CodeBlob; from 25 on */
	int32_t compiled_method, compile_id, original_pc, pcs;	    /* of nmethod */
	int32_t pcs_end, scopes, metadata;			    /* of nmethod; up to 22 */
	int32_t tables, scopes_offset;				    /* of nmethod; from 25 on */
	int32_t pc_offset, pc_scope;				    /* of PcDesc */
	int32_t method_const;					    /* of Method */
	int32_t constants, flags, code_size, name_index;	    /* of ConstMethod */
	int32_t holder, source_index;				    /* of ConstantPool */
	int32_t class_name, class_source_index;			    /* of InstanceKlass */
	int32_t symbol_length, symbol_body;			    /* of Symbol */
	int32_t size_of_block, size_of_pc, size_of_pool, size_of_const, in_native, call_wrapper;

	/* Variables of the VM. */
	const char *const *thread_list,
		*const *newest_thread, *const *heap_list, *const *code_low, *const *interpreter, *const *call_returns;
	const int *major;
};

/* The value at an offset from an address in the VM. */
#define AT(p, offset, type) (*(type const *)(const void *)((const char *)(p) + (offset)))
#define WORD(p, offset) AT(p, offset, uintptr_t)
#define POINTER(p, offset) AT(p, offset, const char *)
#define NUMBER(p, offset) AT(p, offset, int32_t)

/* Reads the tables of a libjvm.so. False: it has none, or they lack something. No lock, no allocation, no errno. */
bool hotspot_read(const struct link_map *, struct hotspot *);

#endif
