/** One function of a program as one function of WebAssembly. */
import { BPF_MAX_LOOPS } from "../interpreter.ts";
import { OP, SLOT_WORDS } from "../predecode.ts";
import { nextSlot } from "./flow-graph.ts";
import { type FunctionShape, isPacketLoad, type ProgramShape } from "./function-shape.ts";
import { FunctionWriter } from "./function-writer.ts";
import type { ModuleIndexes } from "./module-indexes.ts";
import { operandsAt } from "./operands.ts";
import { EXECUTED_AT, FRAME_AT, PLACES, PLACES_AT, R0_AT } from "./run-area.ts";
import { type StructureSink, writeStructure } from "./structure.ts";
import type { WasmBytes } from "./wasm-bytes.ts";
import { NOTHING, WASM } from "./wasm-opcodes.ts";
import { type Operands, writeAlu, writeSpecialAlu } from "./write-alu.ts";
import {
  isAtArena,
  isAtKernel,
  writeArenaAccess,
  writeCastUser,
  writeKernelLoad,
} from "./write-arena.ts";
import {
  writeCallbacks,
  writeFunctionCall,
  writeHelperCall,
  writePacketLoad,
  writeTailCall,
  writeThrow,
} from "./write-call.ts";
import { writeCondition, writeMayGoto } from "./write-condition.ts";
import { writeAtomic, writeLoad, writeOrdered, writeStore } from "./write-memory.ts";

/** Is told while code is written, for those who want to read it. */
export interface CodeListener {
  /** From here on the code is that of the instruction at a slot. */
  at(slot: number, writer: FunctionWriter): void;
  /** The function is complete. */
  done(writer: FunctionWriter): void;
}

const CONTEXT = 0;
/** Frames are 512 bytes apart. */
const FRAME_SHIFT = 9;

/** One function while it is written; the structure says what comes next. */
export class FunctionCompiler implements StructureSink {
  readonly #program: ProgramShape;
  readonly #code: Int32Array;
  readonly #shape: FunctionShape;
  readonly #indexes: ModuleIndexes;
  readonly #isMain: boolean;
  readonly #w: FunctionWriter;
  readonly #listener: CodeListener | undefined;
  /** What the counter lacks at the instruction that is written. */
  #share = 0;

  constructor(
    program: ProgramShape,
    index: number,
    indexes: ModuleIndexes,
    listener?: CodeListener,
  ) {
    this.#program = program;
    this.#code = program.code;
    this.#shape = program.functions[index]!;
    this.#indexes = indexes;
    this.#isMain = index === 0;
    this.#listener = listener;
    // R1 of the program is its context, which comes as an address.
    const registers = this.#shape.registers | (this.#isMain ? 2 : 0);
    this.#w = new FunctionWriter(this.#isMain ? -1 : this.#shape.args, registers);
  }

  compiled(): WasmBytes {
    const w = this.#w;
    if (this.#isMain) {
      w.localGet(CONTEXT);
      w.set32(1);
    }
    w.i32(BPF_MAX_LOOPS);
    w.localSet(w.locals.mayGoto);
    writeStructure(this.#shape.nodes, this.#shape.tree, this);
    w.op(WASM.UNREACHABLE, WASM.END);
    this.#listener?.done(w);
    return w.taken();
  }

  #tell(slot: number): void {
    this.#listener?.at(slot, this.#w);
  }

  beginBlock(node: number): void {
    this.#tell(this.#shape.nodes[node]!.start);
    this.#w.op(WASM.BLOCK, NOTHING);
  }

  beginLoop(node: number): void {
    this.#tell(this.#shape.nodes[node]!.start);
    this.#w.op(WASM.LOOP, NOTHING);
  }

  beginIf(): void {
    this.#w.op(WASM.IF, NOTHING);
  }

  end(): void {
    this.#w.op(WASM.END);
  }

  branch(depth: number): void {
    this.#w.op(WASM.BR);
    this.#w.out.u32(depth);
  }

  branchIf(depth: number): void {
    this.#w.op(WASM.BR_IF);
    this.#w.out.u32(depth);
  }

  dispatch(depths: readonly number[]): void {
    const { out, locals } = this.#w;
    this.#w.localGet(locals.label);
    out.byte(WASM.BR_TABLE);
    out.u32(depths.length - 1);
    for (const depth of depths) out.u32(depth);
  }

  hasWork(node: number, edge: number): boolean {
    const { nodes, counting } = this.#shape;
    return counting.onEdge(node, edge) !== 0 || nodes[node]!.labels[edge] !== -1;
  }

  edge(node: number, edge: number): void {
    const w = this.#w;
    const added = this.#shape.counting.onEdge(node, edge);
    if (added !== 0) {
      w.localGet(w.locals.count);
      w.i64(added);
      w.op(WASM.I64_ADD);
      w.localSet(w.locals.count);
    }
    const label = this.#shape.nodes[node]!.labels[edge]!;
    if (label === -1) return;
    w.i32(label);
    w.localSet(w.locals.label);
  }

  condition(node: number, isNegated: boolean): void {
    const { end } = this.#shape.nodes[node]!;
    this.#tell(end - 1);
    const insn = operandsAt(this.#code, end - 1);
    if (insn.op === OP.MAY_GOTO) {
      writeMayGoto(this.#w, isNegated, this.#indexes, () => this.#mark(end));
    } else writeCondition(this.#w, insn, isNegated);
  }

  exit(node: number): void {
    const { end } = this.#shape.nodes[node]!;
    this.#tell(end - 1);
    if (this.#code[(end - 1) * SLOT_WORDS] !== OP.THROW) this.#leave();
    else {
      this.#publish();
      writeThrow(this.#w, this.#indexes);
    }
  }

  body(node: number): void {
    const { start, end, kind } = this.#shape.nodes[node]!;
    this.#share = this.#shape.counting.shares[node]!;
    // The jump at the end is the structure's.
    for (let slot = start; slot < end; slot = nextSlot(this.#code, slot)) {
      this.#share++;
      if (slot === end - 1 && (kind === "branch" || kind === "exit")) break;
      this.#tell(slot);
      if (!this.#isGoto(slot)) this.#instruction(slot);
    }
  }

  #isGoto(slot: number): boolean {
    return this.#code[slot * SLOT_WORDS] === 0x05;
  }

  #instruction(slot: number): void {
    const insn = operandsAt(this.#code, slot);
    if (isAtArena(this.#code, slot)) {
      writeArenaAccess(this.#w, this.#code, slot, this.#indexes, () => this.#mark(slot));
    } else if (isAtKernel(this.#code, slot)) {
      writeKernelLoad(this.#w, this.#code, slot, this.#indexes);
    } else if (insn.op > 0xff) this.#special(slot, insn);
    else {
      switch (insn.op & 0x07) {
        case 0x00:
          this.#loadImmediate(slot, insn);
          break;
        case 0x01:
          writeLoad(this.#w, insn);
          break;
        case 0x02:
        case 0x03:
          writeStore(this.#w, insn, (insn.op & 0x07) === 0x03);
          break;
        case 0x05:
          this.#callHelper(slot);
          break;
        default:
          writeAlu(this.#w, insn);
      }
    }
  }

  #special(slot: number, insn: Operands): void {
    const { op } = insn;
    if (op <= OP.NOTHING) writeSpecialAlu(this.#w, insn);
    else if (op === OP.CAST_USER) writeCastUser(this.#w, insn);
    else if (op === OP.CALL_SUBPROGRAM) this.#callFunction(slot);
    else if (op === OP.TAIL_CALL) {
      this.#publish();
      writeTailCall(this.#w, this.#indexes);
      this.#leaveIfSo();
    } else if (op === OP.CALL_CALLBACK) {
      this.#publish();
      this.#mark(nextSlot(this.#code, slot));
      writeCallbacks(this.#w, insn.k, this.#indexes);
    } else if (op === OP.ATOMIC32 || op === OP.ATOMIC64) {
      writeAtomic(this.#w, insn, this.#code[slot * SLOT_WORDS + 2]! >> 8);
    } else writeOrdered(this.#w, insn);
  }

  #loadImmediate(slot: number, insn: Operands): void {
    const w = this.#w;
    if (isPacketLoad(insn.op)) {
      writePacketLoad(w, insn, this.#indexes);
      this.#leaveIfSo();
      return;
    }
    w.i64Pair(this.#code[slot * SLOT_WORDS + 2]!, this.#code[slot * SLOT_WORDS + 3]!);
    w.set64(insn.d);
  }

  #callHelper(slot: number): void {
    const plan = this.#program.plans.at(slot);
    if (plan.kind === "helper") {
      this.#publish();
      this.#mark(nextSlot(this.#code, slot));
    }
    writeHelperCall(this.#w, plan, this.#indexes);
  }

  #callFunction(slot: number): void {
    const index = this.#program.indexAt.get(this.#code[slot * SLOT_WORDS + 3]! / SLOT_WORDS)!;
    const callee = this.#program.functions[index]!;
    if (callee.asksMachine) this.#publish();
    this.#mark(nextSlot(this.#code, slot));
    writeFunctionCall(this.#w, callee, index, this.#indexes);
    this.#share += Math.max(0, callee.everyWay);
  }

  /** Writes down where the function goes on, for who is told what went wrong. */
  #mark(next: number): void {
    if (!this.#program.isTraced) return;
    const w = this.#w;
    w.localGet(w.locals.frame);
    w.i32(FRAME_SHIFT);
    w.op(WASM.I32_SHR_U);
    w.i32(PLACES - 1);
    w.op(WASM.I32_AND);
    w.i32(2);
    w.op(WASM.I32_SHL);
    w.i32(next);
    w.access(WASM.I32_STORE, 2, PLACES_AT);
    w.i32(0);
    w.localGet(w.locals.frame);
    w.access(WASM.I32_STORE, 2, FRAME_AT);
  }

  /** Takes what says whether the function returns 0 at once. */
  #leaveIfSo(): void {
    this.#w.op(WASM.IF, NOTHING);
    this.#w.i64(0);
    this.#w.set64(0);
    this.#leave();
    this.#w.op(WASM.END);
  }

  #leave(): void {
    const w = this.#w;
    if (this.#shape.everyWay < 0 || this.#isMain) this.#addExecuted();
    if (this.#isMain) {
      w.i32(0);
      w.get64(0);
      w.access(WASM.I64_STORE, 3, R0_AT);
      w.get32(0);
    } else {
      w.get64(0);
    }
    w.op(WASM.RETURN);
  }

  /** Tells the machine how many instructions have run, and counts from 0 again. */
  #publish(): void {
    this.#addExecuted();
    this.#w.i64(-this.#share);
    this.#w.localSet(this.#w.locals.count);
  }

  #addExecuted(): void {
    const w = this.#w;
    w.i32(0);
    w.i32(0);
    w.access(WASM.I64_LOAD, 3, EXECUTED_AT);
    w.localGet(w.locals.count);
    w.i64(this.#share);
    w.op(WASM.I64_ADD, WASM.I64_ADD);
    w.access(WASM.I64_STORE, 3, EXECUTED_AT);
  }
}
