/**
 * From a verified program to a WebAssembly module with one function for each of its functions.
 *
 * @linux arch/x86/net/bpf_jit_comp.c `bpf_int_jit_compile` (6.18)
 */
import { invariant } from "../../hw/simulator-bug.ts";
import type { JitEnvironment } from "./call-plans.ts";
import { type CodeListener, FunctionCompiler } from "./compile-function.ts";
import { type ProgramShape, programShape } from "./function-shape.ts";
import { type MachineFunction, ModuleIndexes } from "./module-indexes.ts";
import {
  CODE,
  ELEMENTS,
  EXPORTS,
  FUNCTIONS,
  IMPORTS,
  type Signature,
  section,
  startModule,
  TABLES,
  TYPES,
  TypeTable,
  writeExport,
  writeImports,
} from "./module-writer.ts";
import { ARGS_AT, R0_AT } from "./run-area.ts";
import { WasmBytes } from "./wasm-bytes.ts";
import { F64, I32, I64, MEMORY_FILL, NOTHING, WASM } from "./wasm-opcodes.ts";
import { CALLBACK_TYPE } from "./write-call.ts";
import { compileHashLookup } from "./write-lookup.ts";

export interface CompiledProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the module takes from the machine: f0, f1, ... in this order, besides the memory. */
  readonly imports: readonly MachineFunction[];
  /** It, or a function of it, may go on with another program. */
  readonly mayTailCall: boolean;
  /** It throws exceptions. */
  readonly mayThrow: boolean;
  /** First slots of the functions that helpers call, in the order of the module's table. */
  readonly callbacks: readonly number[];
}

/** What is compiled. */
export interface JitInput {
  /** As `predecode()` has laid it out. */
  readonly code: Int32Array;
  /** First slots of functions whose address the program has. */
  readonly callbacks: readonly number[];
  /** Bytes of its first frame that have to be 0 at the start. */
  readonly stackDepth: number;
}

/** Engines take no longer function. @spec WebAssembly JavaScript Interface 2.0, implementation-defined limits */
const FUNCTION_BYTES_MAX = 7_654_321;

/** undefined: the program has something that only the interpreter knows, or is too long. */
export function compileProgram(
  { code, callbacks, stackDepth }: JitInput,
  environment: JitEnvironment,
  listener?: CodeListener,
): CompiledProgram | undefined {
  const program = programShape(code, callbacks, environment);
  if (program === undefined) return undefined;
  const indexes = new ModuleIndexes(program);
  const bodies = program.functions.map((_, i) =>
    new FunctionCompiler(program, i, indexes, listener).compiled(),
  );
  if (bodies.some(({ length }) => length > FUNCTION_BYTES_MAX)) return undefined;
  return {
    bytes: moduleBytes(program, indexes, bodies, stackDepth),
    imports: indexes.imports,
    mayTailCall: program.functions.some((one) => one.mayTailCall),
    mayThrow: program.catcher !== undefined,
    callbacks: [...program.callbacks],
  };
}

const FUNCREF = 0x70;

const MAIN: Signature = { params: [I32, I32], results: [I32] };
const LOOKUP: Signature = { params: [I32], results: [I32] };
const REPEATED: Signature = { params: [I32, I32, I32], results: [I32] };
const CAUGHT: Signature = { params: [I32], results: [I32] };
const CALLBACK: Signature = functionSignature(5);

function moduleBytes(
  program: ProgramShape,
  indexes: ModuleIndexes,
  bodies: readonly WasmBytes[],
  stackDepth: number,
): Uint8Array<ArrayBuffer> {
  const { functions, plans, callbacks, indexAt } = program;
  const catcher = indexAt.get(program.catcher ?? -1);
  // Before all others: its number stands in calls.
  const types = new TypeTable();
  invariant(types.index(CALLBACK) === CALLBACK_TYPE, "the type of callbacks has another number");
  const imported = indexes.imports.map((one) => types.index(signatureOf(one)));
  const own = [
    ...plans.hashes.map(() => types.index(LOOKUP)),
    ...functions.map(({ args }, i) => types.index(i === 0 ? MAIN : functionSignature(args))),
    types.index(REPEATED),
    ...(catcher === undefined ? [] : [types.index(CAUGHT)]),
  ];
  const out = startModule();
  section(out, TYPES, (w) => types.write(w));
  section(out, IMPORTS, (w) => writeImports(w, imported));
  section(out, FUNCTIONS, (w) => {
    w.u32(own.length);
    for (const type of own) w.u32(type);
  });
  section(out, TABLES, (w) => {
    w.raw(Uint8Array.of(1, FUNCREF, 0));
    w.u32(callbacks.size);
  });
  section(out, EXPORTS, (w) => {
    w.u32(catcher === undefined ? 2 : 3);
    writeExport(w, "main", indexes.function(0));
    writeExport(w, "repeated", indexes.function(functions.length));
    if (catcher !== undefined) writeExport(w, "caught", indexes.function(functions.length + 1));
  });
  section(out, ELEMENTS, (w) => {
    w.raw(Uint8Array.of(1, 0, WASM.I32_CONST, 0, WASM.END));
    w.u32(callbacks.size);
    for (const start of callbacks) w.u32(indexes.function(indexAt.get(start)!));
  });
  section(out, CODE, (w) => {
    w.u32(own.length);
    for (const shape of plans.hashes) w.sized(compileHashLookup(shape));
    for (const body of bodies) w.sized(body);
    w.sized(compileRepeated(indexes.function(0), stackDepth));
    if (catcher !== undefined) w.sized(compileCaught(indexes.function(catcher)));
  });
  return out.taken();
}

function signatureOf(imported: MachineFunction): Signature {
  switch (imported.kind) {
    case "helper":
      return { params: new Array<number>(imported.args * 2).fill(I32), results: [F64] };
    case "arena":
    case "kernel":
      return { params: [I32, I32, I32], results: [] };
    case "tail-call":
      return { params: [I32, I32, I32], results: [I32] };
    case "go-on":
      return { params: [I32], results: [] };
    case "load-from-packet":
      return { params: [I32, I32], results: [F64] };
    case "begin":
      return { params: new Array<number>(11).fill(I32), results: [I32] };
    case "next":
      return { params: [I32, I32], results: [I32] };
    case "may-goto":
      return { params: [], results: [] };
    case "result":
      return { params: [], results: [F64] };
    case "throw":
      return { params: [I32, I32], results: [] };
  }
}

/** R1 and on, then the frame. */
function functionSignature(args: number): Signature {
  return { params: [...new Array<number>(args).fill(I64), I32], results: [I64] };
}

/**
 * Runs the program with a context and a frame as often as the third argument says, each time with
 * a stack of zeros.
 */
function compileRepeated(main: number, stackDepth: number): WasmBytes {
  const [CONTEXT, FRAME, REPEAT, R0] = [0, 1, 2, 3];
  const w = new WasmBytes();
  w.u32(1);
  w.u32(1);
  w.byte(I32);
  w.raw(Uint8Array.of(WASM.LOOP, NOTHING));
  clearStack(w, FRAME, stackDepth);
  w.raw(Uint8Array.of(WASM.LOCAL_GET, CONTEXT, WASM.LOCAL_GET, FRAME, WASM.CALL));
  w.u32(main);
  w.raw(Uint8Array.of(WASM.LOCAL_SET, R0));
  w.raw(Uint8Array.of(WASM.LOCAL_GET, REPEAT, WASM.I32_CONST, 1, WASM.I32_SUB));
  w.raw(Uint8Array.of(WASM.LOCAL_TEE, REPEAT, WASM.BR_IF, 0, WASM.END));
  w.raw(Uint8Array.of(WASM.LOCAL_GET, R0, WASM.END));
  return w;
}

/** Goes on with what catches exceptions, in a frame of the program. */
function compileCaught(catcher: number): WasmBytes {
  const [FRAME, R0] = [0, 1];
  const w = new WasmBytes();
  w.raw(Uint8Array.of(1, 1, I64));
  for (let arg = 0; arg < 5; arg++) {
    w.raw(Uint8Array.of(WASM.I32_CONST, 0, WASM.I64_LOAD, 3));
    w.u32(ARGS_AT + arg * 8);
  }
  w.raw(Uint8Array.of(WASM.LOCAL_GET, FRAME, WASM.CALL));
  w.u32(catcher);
  w.raw(Uint8Array.of(WASM.LOCAL_SET, R0, WASM.I32_CONST, 0, WASM.LOCAL_GET, R0));
  w.raw(Uint8Array.of(WASM.I64_STORE, 3));
  w.u32(R0_AT);
  w.raw(Uint8Array.of(WASM.LOCAL_GET, R0, WASM.I32_WRAP_I64, WASM.END));
  return w;
}

/** Up to here words are stored one by one. */
const FEW_BYTES = 128;
const FRAME_BYTES = 512;

function clearStack(w: WasmBytes, frame: number, depth: number): void {
  const bytes = Math.min(FRAME_BYTES, Math.ceil(depth / 8) * 8);
  const start = FRAME_BYTES - bytes;
  if (bytes <= FEW_BYTES) {
    for (let at = start; at < FRAME_BYTES; at += 8) {
      w.raw(Uint8Array.of(WASM.LOCAL_GET, frame, WASM.I64_CONST, 0, WASM.I64_STORE, 3));
      w.u32(at);
    }
    return;
  }
  w.raw(Uint8Array.of(WASM.LOCAL_GET, frame, WASM.I32_CONST));
  w.s32(start);
  w.raw(Uint8Array.of(WASM.I32_ADD, WASM.I32_CONST, 0, WASM.I32_CONST));
  w.s32(bytes);
  w.raw(Uint8Array.of(WASM.PREFIX, MEMORY_FILL, 0));
}
