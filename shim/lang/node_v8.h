/* The functions of V8 and of Node that the tenant calls, which the node program exports: by their C++ symbols, with
 * types as C sees them. A v8::Local is a pointer; a class of at most two words is passed in registers. v8.h and node.h
 * of Node.js 18 to 24.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_NODE_V8_H
#define SHIM_NODE_V8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* V8's objects, which are never read directly. */
typedef struct isolate isolate;
typedef const struct value *local; /* any v8::Local; NULL: empty */

struct location {
	int line, column; /* from 0 on */
};

struct maybe_integer {
	bool has;
	int64_t value;
};

/* v8::FunctionCallbackInfo */
struct arguments {
	uintptr_t *implicit;	 /* the return value, among others */
	const uintptr_t *values; /* slots, whose addresses are locals; `this` is before the first */
	int n;			 /* in later versions, the lower half of a word */
};
enum { RESULT_AT = 3 };
typedef void callback(const struct arguments *);
typedef void gc_callback(isolate *, int type, int flags);

/* Room for any V8 class that is kept here; larger than each of them. */
struct room_for_class {
	uintptr_t word[32];
};

/* V8(name, result, parameters, symbol)   a static function, or a member, whose object is the first parameter */
#define V8_FUNCTIONS                                                                                                 \
	V8(current, isolate *, (void), "_ZN2v87Isolate13TryGetCurrentEv")                                            \
	V8(is_locked, bool, (isolate *), "_ZN2v86Locker8IsLockedEPNS_7IsolateE")                                     \
	V8(in_context, bool, (isolate *), "_ZN2v87Isolate9InContextEv")                                              \
	V8(is_terminating, bool, (isolate *), "_ZN2v87Isolate22IsExecutionTerminatingEv")                            \
	V8(context, local, (isolate *), "_ZN2v87Isolate17GetCurrentContextEv")                                       \
	V8(sample, void, (isolate *, const void *registers, void **frames, size_t, void *info),                      \
	   "_ZN2v87Isolate14GetStackSampleERKNS_13RegisterStateEPPvmPNS_10SampleInfoE")                              \
	V8(before_gc, void, (isolate *, gc_callback *, int types),                                                   \
	   "_ZN2v87Isolate21AddGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEES2_")                      \
	V8(after_gc, void, (isolate *, gc_callback *, int types),                                                    \
	   "_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEES2_")                      \
	V8(enqueue, void, (isolate *, local function), "_ZN2v87Isolate16EnqueueMicrotaskENS_5LocalINS_8FunctionEEE") \
	V8(scope, void, (void *, isolate *), "_ZN2v811HandleScopeC1EPNS_7IsolateE")                                  \
	V8(scope_end, void, (void *), "_ZN2v811HandleScopeD1Ev")                                                     \
	V8(try, void, (void *, isolate *), "_ZN2v88TryCatchC1EPNS_7IsolateE")                                        \
	V8(try_end, void, (void *), "_ZN2v88TryCatchD1Ev")                                                           \
	V8(stack, local, (isolate *, int n, int what),                                                               \
	   "_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE")                           \
	V8(frames, int, (local stack), "_ZNK2v810StackTrace13GetFrameCountEv")                                       \
	V8(frame, local, (local stack, isolate *, uint32_t), "_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj")          \
	V8(frame_function, local, (local frame), "_ZNK2v810StackFrame15GetFunctionNameEv")                           \
	V8(frame_script, local, (local frame), "_ZNK2v810StackFrame13GetScriptNameEv")                               \
	V8(frame_location, struct location, (local frame), "_ZNK2v810StackFrame11GetLocationEv")                     \
	V8(function_name, local, (local function), "_ZNK2v88Function12GetDebugNameEv")                               \
	V8(function_line, int, (local function), "_ZNK2v88Function19GetScriptLineNumberEv")                          \
	V8(function_column, int, (local function), "_ZNK2v88Function21GetScriptColumnNumberEv")                      \
	V8(function_origin, struct room_for_class, (local function), "_ZNK2v88Function15GetScriptOriginEv")          \
	V8(is_string, bool, (local), "_ZNK2v85Value12FullIsStringEv")                                                \
	V8(is_function, bool, (local), "_ZNK2v85Value10IsFunctionEv")                                                \
	V8(integer, struct maybe_integer, (local, local context),                                                    \
	   "_ZNK2v85Value12IntegerValueENS_5LocalINS_7ContextEEE")                                                   \
	V8(utf8, int, (local, isolate *, char *, int, int *, int), "_ZNK2v86String9WriteUtf8EPNS_7IsolateEPciPii")   \
	V8(string, local, (isolate *, const char *, int type, int length),                                           \
	   "_ZN2v86String11NewFromUtf8EPNS_7IsolateEPKcNS_13NewStringTypeEi")                                        \
	V8(compile, local, (local context, local source, void *origin),                                              \
	   "_ZN2v86Script7CompileENS_5LocalINS_7ContextEEENS1_INS_6StringEEEPNS_12ScriptOriginE")                    \
	V8(run, local, (local script, local context), "_ZN2v86Script3RunENS_5LocalINS_7ContextEEE")                  \
	V8(function, local, (local context, callback *, local data, int length, int constructs, int effects),        \
	   "_ZN2v88Function3NewENS_5LocalINS_7ContextEEEPFvRKNS_20FunctionCallbackInfoINS_5ValueEEEENS1_IS5_EEiNS_"  \
	   "19ConstructorBehaviorENS_14SideEffectTypeE")                                                             \
	V8(call, local, (local function, local context, local receiver, int n, local *arguments),                    \
	   "_ZN2v88Function4CallENS_5LocalINS_7ContextEEENS1_INS_5ValueEEEiPS5_")                                    \
	V8(execution, double, (isolate *), "_ZN4node29AsyncHooksGetExecutionAsyncIdEPN2v87IsolateE")                 \
	V8(trigger, double, (isolate *), "_ZN4node27AsyncHooksGetTriggerAsyncIdEPN2v87IsolateE")                     \
	V8(new_integer, local, (isolate *, int), "_ZN2v87Integer3NewEPNS_7IsolateEi")                                \
	V8(at_end, void, (isolate *, void (*)(void *), void *),                                                      \
	   "_ZN4node25AddEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_")

/* All of them must be found, or there is no tenant. */
struct v8 {
#define V8(name, result, parameters, symbol) result(*name) parameters;
	V8_FUNCTIONS
#undef V8
};
extern struct v8 v8 __attribute__((visibility("hidden")));

/* Makes a local that outlives the scope it was made in. */
local v8_keep(isolate *, local);

#endif
