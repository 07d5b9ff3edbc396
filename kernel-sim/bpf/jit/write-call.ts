/** Calls of helpers and functions, tail calls, and loads from packets, which only the machine knows. */
import { MAX_BPF_STACK } from "../isa.ts";
import type { ArrayLookup } from "../maps/lookup-shape.ts";
import type { HelperPlan } from "./call-plans.ts";
import type { FunctionShape } from "./function-shape.ts";
import type { FunctionWriter } from "./function-writer.ts";
import type { ModuleIndexes } from "./module-indexes.ts";
import { ARGS_AT, CPU_AT, R0_AT, TAIL_CALL_AT } from "./run-area.ts";
import { I32, I64_TRUNC_SAT_F64_S, NOTHING, WASM } from "./wasm-opcodes.ts";
import type { Operands } from "./write-alu.ts";

export function writeHelperCall(w: FunctionWriter, plan: HelperPlan, indexes: ModuleIndexes): void {
  if (plan.kind === "array") {
    writeArrayLookup(w, plan.shape);
    return;
  }
  if (plan.kind === "hash") {
    w.get32(2);
    w.op(WASM.CALL);
    w.out.u32(indexes.lookup(plan.table));
    w.set32(0);
    return;
  }
  for (let arg = 1; arg <= plan.args; arg++) words(w, arg);
  w.op(WASM.CALL);
  w.out.u32(indexes.helper(plan.id));
  w.op(WASM.PREFIX, I64_TRUNC_SAT_F64_S);
  w.set64(0);
}

/** The value's address is worked out, not asked for. @linux kernel/bpf/arraymap.c `array_map_gen_lookup` (6.18) */
function writeArrayLookup(w: FunctionWriter, shape: ArrayLookup): void {
  const { values, maxEntries, indexStride, cpuStride } = shape;
  w.get32(2);
  w.access(WASM.I32_LOAD, 2, 0);
  w.localTee(w.locals.address);
  w.i32(maxEntries | 0);
  w.op(WASM.I32_LT_U, WASM.IF, I32);
  w.localGet(w.locals.address);
  w.i32(indexStride);
  w.op(WASM.I32_MUL);
  w.i32(values);
  w.op(WASM.I32_ADD);
  addCpuShare(w, cpuStride);
  w.op(WASM.ELSE);
  w.i32(0);
  w.op(WASM.END);
  w.set32(0);
}

/** To the address on the stack, where each CPU has a value of its own. */
export function addCpuShare(
  w: Pick<FunctionWriter, "i32" | "op" | "access">,
  stride: number,
): void {
  if (stride === 0) return;
  w.i32(0);
  w.access(WASM.I32_LOAD, 2, CPU_AT);
  w.i32(stride);
  w.op(WASM.I32_MUL, WASM.I32_ADD);
}

export function writeFunctionCall(
  w: FunctionWriter,
  callee: FunctionShape,
  index: number,
  indexes: ModuleIndexes,
): void {
  for (let arg = 1; arg <= callee.args; arg++) w.get64(arg);
  calleeFrame(w);
  w.op(WASM.CALL);
  w.out.u32(indexes.function(index));
  w.set64(0);
  if (!callee.mayTailCall) return;
  // It wants to go on with another program, in its own frame, which comes back to here.
  w.i32(0);
  w.access(WASM.I32_LOAD, 2, TAIL_CALL_AT);
  w.op(WASM.IF, NOTHING);
  calleeFrame(w);
  w.op(WASM.CALL);
  w.out.u32(indexes.other("go-on"));
  w.i32(0);
  w.access(WASM.I64_LOAD, 3, R0_AT);
  w.set64(0);
  w.op(WASM.END);
}

function calleeFrame(w: FunctionWriter): void {
  w.localGet(w.locals.frame);
  w.i32(MAX_BPF_STACK);
  w.op(WASM.I32_ADD);
}

/**
 * A helper that calls back says which function, and after each call whether there is another one: so
 * nothing of it lies on the host's stack meanwhile.
 */
export function writeCallbacks(w: FunctionWriter, helper: number, indexes: ModuleIndexes): void {
  const call = (index: number) => {
    w.op(WASM.CALL);
    w.out.u32(index);
  };
  for (let arg = 1; arg <= 5; arg++) words(w, arg);
  w.localGet(w.locals.frame);
  call(indexes.begin(helper));
  w.localTee(w.locals.address);
  w.i32(0);
  w.op(WASM.I32_GE_S, WASM.IF, NOTHING, WASM.LOOP, NOTHING);
  for (let arg = 0; arg < 5; arg++) {
    w.i32(0);
    w.access(WASM.I64_LOAD, 3, ARGS_AT + arg * 8);
  }
  calleeFrame(w);
  w.localGet(w.locals.address);
  w.op(WASM.CALL_INDIRECT);
  w.out.u32(CALLBACK_TYPE);
  w.out.u32(0);
  w.localTee(w.locals.value);
  w.op(WASM.I32_WRAP_I64);
  w.localGet(w.locals.value);
  w.i64(32);
  w.op(WASM.I64_SHR_U, WASM.I32_WRAP_I64);
  call(indexes.other("next"));
  w.op(WASM.BR_IF, 0, WASM.END, WASM.END);
  call(indexes.other("result"));
  w.op(WASM.PREFIX, I64_TRUNC_SAT_F64_S);
  w.set64(0);
}

/** Where the type of functions that are called back stands in a module. */
export const CALLBACK_TYPE = 0;

export function writeThrow(w: FunctionWriter, indexes: ModuleIndexes): void {
  words(w, 1);
  w.op(WASM.CALL);
  w.out.u32(indexes.other("throw"));
  w.op(WASM.UNREACHABLE);
}

/** A register as two words: 64-bit numbers would have to become BigInts on the way. */
function words(w: FunctionWriter, reg: number): void {
  w.get32(reg);
  w.get64(reg);
  w.i64(32);
  w.op(WASM.I64_SHR_U, WASM.I32_WRAP_I64);
}

/** Leaves 1 where the function has to return, since another program goes on. */
export function writeTailCall(w: FunctionWriter, indexes: ModuleIndexes): void {
  w.get32(1);
  w.get32(2);
  w.get32(3);
  w.op(WASM.CALL);
  w.out.u32(indexes.other("tail-call"));
}

/** Leaves 1 where the function has to return 0, since the place lies outside of the packet. */
export function writePacketLoad(
  w: FunctionWriter,
  { op, s, k }: Operands,
  indexes: ModuleIndexes,
): void {
  const isIndexed = (op & 0xe0) === 0x40;
  w.i32(k);
  if (isIndexed) {
    w.get32(s);
    w.op(WASM.I32_ADD);
  }
  w.i32(PACKET_SIZES[(op >> 3) & 3]!);
  w.op(WASM.CALL);
  w.out.u32(indexes.other("load-from-packet"));
  w.op(WASM.PREFIX, I64_TRUNC_SAT_F64_S);
  w.set64(0);
  w.get64(0);
  w.i64(0);
  w.op(WASM.I64_LT_S);
}

/** By the size bits of the opcode: W H B. */
const PACKET_SIZES = [4, 2, 1];
