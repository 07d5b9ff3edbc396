/**
 * A run of a program that nobody has verified, under checks: each access to memory, call, jump and use of a register is
 * looked at before it happens, and the run stops at the first that Linux's verifier is there to prevent, or when its fuel
 * is used up. What arithmetic does, the interpreter says, one instruction at a time.
 *
 * Compiled code runs what needs no more than a look at a table by itself (`jit/checked-compile.ts`) and hands everything
 * else to `step`, so both answer the same by their making.
 *
 * @simplified a frame has its 512 bytes however deep calls go; functions of the kernel are not called; what a helper would call later, like the function of a timer, is not set.
 */
import { accessArena } from "../arena-access.ts";
import { BPF_MAX_LOOPS, type BpfCpu, type Callbacks, MAX_TAIL_CALL_CNT } from "../interpreter.ts";
import { MAX_BPF_STACK } from "../isa.ts";
import { isPacketLoad } from "../jit/function-shape.ts";
import { registersRead, registersWritten } from "../jit/operands.ts";
import type { BpfKernel } from "../kernel.ts";
import { ArenaMap } from "../maps/arena.ts";
import {
  arenaOperation,
  isArenaOperation,
  isKernelOperation,
  OP,
  SLOT_WORDS,
} from "../predecode.ts";
import type { LoadedProgram } from "../program.ts";
import { loadFromPacket } from "../skb-load.ts";
import { accessKernel } from "../structs/access.ts";
import { upperOf } from "../structs/upper.ts";
import type { CtxAccess } from "../verifier/ctx/access.ts";
import type { VerifierEnv } from "../verifier/env.ts";
import { mayAccessSkb } from "../verifier/ld-abs.ts";
import { baseType, SCALAR_VALUE } from "../verifier/reg-type.ts";
import { checkAccess } from "./access.ts";
import { callHelper, nameCallbackArgs } from "./calls.ts";
import { ARENA_TAG, acceptedCode, type CheckedCode, tagged } from "./checked-code.ts";
import { Dynptrs } from "./dynptrs.ts";
import { type Fault, type FaultWords, oops, textAt } from "./fault.ts";
import { type MemoryObject, ObjectTable } from "./objects.ts";
import { RunObjects } from "./run-objects.ts";

const MAX_CALL_FRAMES = 8;
const REGISTERS = 11;
const FIRST_SAVED = 6;
const SAVED_WORDS = 8;
const ARGS = 0b11_1110;
const R0 = 1;
const FP = 1 << 10;
/** R6 to R9. */
const KEPT = 0b11_1100_0000;

interface Frame {
  readonly program: CheckedCode;
  readonly back: number;
  readonly saved: Int32Array;
  readonly defined: number;
  readonly mayGoto: number;
  readonly mainDepth: number;
  readonly caller: Callbacks<BpfKernel> | undefined;
  readonly helper: number;
}

/** What a run starts from. */
export interface RunStart {
  readonly kernel: BpfKernel;
  readonly env: VerifierEnv;
  readonly vm: BpfCpu<BpfKernel>;
  readonly program: CheckedCode;
  readonly context: number;
  /** In bytes, as far as anybody may look. */
  readonly contextBytes: number;
  /** How many instructions may run. */
  readonly fuel: number;
}

export class CheckedRun {
  readonly kernel: BpfKernel;
  readonly env: VerifierEnv;
  readonly vm: BpfCpu<BpfKernel>;
  readonly objects: ObjectTable;
  readonly known: RunObjects;
  readonly dynptrs: Dynptrs;
  readonly fuel: number;
  /** What of the fuel is left. */
  left: number;
  /** Registers that hold something, as bits. */
  defined = (1 << 1) | FP;
  program: CheckedCode;
  /** Where the run goes on; -1: it is over. */
  slot = 0;
  fault: Fault | undefined;
  /** Objects that have to be given back before the program ends. */
  readonly references = new Set<MemoryObject>();
  /** The lock that is held: its address, 0 for none. */
  lock = 0;

  readonly #frames: Frame[] = [];
  readonly #codes = new Map<LoadedProgram, CheckedCode>();
  /** One instruction, then where it goes on, then where it goes when it jumps. */
  readonly #one = Int32Array.of(0, 0, 0, 0, 0x95, 0, 0, 0, OP.NOTHING, 0, 0, 0, 0x95, 0, 0, 0);
  #mainDepth = 0;
  #mayGoto = BPF_MAX_LOOPS;
  #tailCalls = 0;

  constructor(start: RunStart) {
    const { kernel, env, vm, program, context, contextBytes, fuel } = start;
    this.kernel = kernel;
    this.env = env;
    this.vm = vm;
    this.fuel = fuel;
    this.left = fuel;
    this.objects = new ObjectTable(kernel.memory);
    this.known = new RunObjects(kernel, this.objects, env.progType);
    this.dynptrs = new Dynptrs(this);
    this.program = tagged(program, this.known);
    const { r } = vm;
    r.fill(0);
    r[2] = context;
    r[3] = this.known.context(context, contextBytes).tag;
    vm.context = context;
    this.#enterFrame();
  }

  get executed(): number {
    return this.fuel - this.left;
  }

  get isOver(): boolean {
    return this.slot < 0;
  }

  /** How many functions are at work besides the program itself. */
  get depth(): number {
    return this.#frames.length;
  }

  /** Runs to the end, one instruction after the other. */
  interpret(): void {
    while (!this.isOver) this.go(this.slot);
  }

  /** The instruction at a slot, if there is fuel for it; says where the run goes on. */
  go(slot: number): void {
    this.slot = slot;
    if (this.left === 0) {
      this.stop(OUT_OF_FUEL);
      return;
    }
    this.left--;
    const next = this.objects.isFull ? this.stop(TOO_MANY_OBJECTS) : this.#step(slot);
    // What stopped the run has not happened.
    if (this.fault === undefined) this.slot = next;
    else this.left++;
  }

  /** Ends the run for a reason. Answers the place of a run that is over. */
  stop(words: FaultWords): number {
    const { register = -1, place, ...others } = words;
    const { r } = this.vm;
    const slot = this.slot;
    this.fault = {
      ...{ slot, register, place, text: textAt(this.program.insns, slot), ...others },
      low: register < 0 ? 0 : r[register * 2]!,
      high: register < 0 ? 0 : r[register * 2 + 1]!,
    };
    this.slot = -1;
    return -1;
  }

  #step(slot: number): number {
    const { program } = this;
    if (slot >= program.length) return this.#outside(slot, "runs past its last instruction");
    const { code } = program;
    const at = slot * SLOT_WORDS;
    const op = code[at]!;
    const isReturn = op === 0x95 && this.#frames.at(-1)?.caller === undefined && this.depth > 0;
    // What a function does not answer, its caller must not read: that is looked at there.
    const missing = isReturn ? 0 : registersRead(code, slot, () => 0) & ~this.defined;
    if (missing !== 0) return this.unread(31 - Math.clz32(missing & -missing));
    if (op === OP.CAST_USER) return this.#cast(slot);
    if (isKernelOperation(op)) return this.notCarriedOn("looks into the kernel");
    // Of a program that was verified: it looks by itself whether something is there.
    if (isArenaOperation(op)) return this.#plain(slot);
    if (op > 0xff) return this.#special(slot, op, code[at + 3]!);
    switch (op & 0x07) {
      case 0x00:
        return op === 0x18 ? this.#wideLoad(slot) : this.#packetLoad(slot);
      case 0x01:
        return this.#load(slot, code[at + 2]! >> 1, SIZES[(op >> 3) & 3]!, (op & 0xe0) === 0x80);
      case 0x02:
      case 0x03:
        return this.#store(slot, SIZES[(op >> 3) & 3]!);
      case 0x05:
      case 0x06:
        return this.#jump(slot, op);
      default:
        return this.#plain(slot);
    }
  }

  #special(slot: number, op: number, constant: number): number {
    if (op <= OP.NOTHING) return this.#plain(slot);
    const { r } = this.vm;
    switch (op) {
      case OP.CALL_SUBPROGRAM:
        return this.#call(slot, constant / SLOT_WORDS);
      case OP.MAY_GOTO:
        if (this.#mayGoto > 0) {
          this.#mayGoto--;
          return slot + 1;
        }
        return this.#target(constant / SLOT_WORDS);
      case OP.TAIL_CALL:
        return callHelper(this, TAIL_CALL, () => this.#tailCall(slot, r[4]!, r[6]!));
      case OP.CALL_CALLBACK:
        return callHelper(this, constant, (body) => this.#callBack(slot, constant, body));
      case OP.ATOMIC32:
      case OP.ATOMIC64:
        return this.#store(slot, op === OP.ATOMIC64 ? 8 : 4);
      case OP.INVALID:
        return this.#invalid(slot);
      case OP.CALL_UNKNOWN:
      case OP.THROW:
        return this.notCarriedOn("calls a function of the kernel");
      default: {
        const s = this.program.code[slot * SLOT_WORDS + 2]! >> 1;
        if (op < OP.STORE_RELEASE_8)
          return this.#load(slot, s, 1 << (op - OP.LOAD_ACQUIRE_8), false);
        return this.#store(slot, 1 << (op - OP.STORE_RELEASE_8));
      }
    }
  }

  notCarriedOn(what: string): number {
    return this.stop({
      cause: "not carried on",
      message: `the program ${what}, which a run under checks does not do`,
      linux: { outcome: "nothing", text: "it would go on" },
    });
  }

  /** Arithmetic: the interpreter does it. */
  #plain(slot: number): number {
    this.#execute(slot);
    this.defined |= registersWritten(this.program.code, slot);
    return slot + 1;
  }

  /** Answers whether the instruction jumped. */
  #execute(slot: number): boolean {
    const at = slot * SLOT_WORDS;
    const { code } = this.program;
    const { vm } = this;
    const one = this.#one;
    for (let i = 0; i < SLOT_WORDS; i++) one[i] = code[at + i]!;
    const op = code[at]!;
    const isJump = op <= 0xff && ((op & 0x07) === 0x05 || (op & 0x07) === 0x06);
    if (isJump) one[3] = 2 * SLOT_WORDS;
    vm.executed = 0;
    vm.resume(one);
    return vm.executed === JUMPED;
  }

  #wideLoad(slot: number): number {
    const at = slot * SLOT_WORDS;
    const { code } = this.program;
    const d = code[at + 1]!;
    this.vm.r[d] = code[at + 2]!;
    this.vm.r[d + 1] = code[at + 3]!;
    this.defined |= 1 << (d >> 1);
    return slot + 2;
  }

  #load(slot: number, register: number, size: number, isLdsx: boolean): number {
    const at = slot * SLOT_WORDS;
    const off = this.program.code[at + 3]!;
    const loaded = checkAccess(this, {
      ...{ register, off, size, isLdsx },
      ...{ isWrite: false, isByHelper: false },
    });
    if (loaded === undefined) return -1;
    const arena = this.#arenaIn(register);
    if (arena !== undefined) this.#atArena(slot, register, arena);
    else if (this.#isOfKernel(register)) this.#loadOfKernel(slot, register);
    else this.#execute(slot);
    this.defined |= registersWritten(this.program.code, slot);
    const d = this.program.code[at + 1]!;
    if (baseType(loaded.regType) !== SCALAR_VALUE) this.#point(d, loaded);
    return slot + 1;
  }

  /** Its own objects lie outside of the memory that programs share, or are told whatever stands there. */
  #isOfKernel(register: number): boolean {
    const { r } = this.vm;
    if (upperOf(r[register * 2]!) !== 0) return true;
    return this.objects.find(r[register * 2 + 1]!)?.kind === "map";
  }

  #loadOfKernel(slot: number, register: number): void {
    this.#withUpper(slot, register, upperOf(this.vm.r[register * 2]!), (op, d, s, k) =>
      accessKernel(this.vm, this.vm.r, op, d, s, k),
    );
  }

  /** Has an access done with the upper half of the address in the place of the tag that a pointer carries there. */
  #withUpper(
    slot: number,
    register: number,
    upper: number,
    access: (op: number, d: number, s: number, k: number) => void,
  ): void {
    const { r } = this.vm;
    const { code } = this.program;
    const [op, d, s, k] = code.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    const tag = r[register * 2 + 1]!;
    r[register * 2 + 1] = upper;
    access(op!, d!, s!, k!);
    const isWritten = (registersWritten(code, slot) & (1 << register)) !== 0;
    if (!isWritten) r[register * 2 + 1] = tag;
  }

  /** What was loaded is an address: it becomes a pointer to what lies there. */
  #point(d: number, { regType, btfType }: CtxAccess): void {
    const { r } = this.vm;
    const address = r[d]!;
    r[d + 1] = address === 0 ? 0 : this.known.loaded(address, regType, btfType).tag;
  }

  #store(slot: number, size: number): number {
    const at = slot * SLOT_WORDS;
    const { code } = this.program;
    const loaded = checkAccess(this, {
      ...{ register: code[at + 1]! >> 1, off: code[at + 3]!, size },
      ...{ isWrite: true, isLdsx: false, isByHelper: false },
    });
    if (loaded === undefined) return -1;
    const arena = this.#arenaIn(code[at + 1]! >> 1);
    if (arena === undefined) return this.#plain(slot);
    this.#atArena(slot, code[at + 1]! >> 1, arena);
    this.defined |= registersWritten(code, slot);
    return slot + 1;
  }

  /** The arena that a register points into. */
  #arenaIn(register: number): ArenaMap | undefined {
    const object = this.objects.find(this.vm.r[register * 2 + 1]!);
    return object?.kind === "arena" ? (object.map as ArenaMap) : undefined;
  }

  /** What is not there reads as 0 and is not written, as without checks. */
  #atArena(slot: number, register: number, { directory }: ArenaMap): void {
    this.#withUpper(slot, register, 0, (op, d, s, k) =>
      accessArena(this.vm, this.vm.r, arenaOperation(op, directory), d, s, k),
    );
  }

  /** Makes an address of an arena as user space has it, or as programs do: with the number of the arena. */
  #cast(slot: number): number {
    const [, d, s, upper] = this.program.code.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    const arena = this.program.maps.find((map) => map instanceof ArenaMap);
    if (arena === undefined) return this.#invalid(slot);
    const { r } = this.vm;
    const low = r[s!]!;
    r[d!] = low;
    r[d! + 1] = low === 0 ? 0 : upper === ARENA_TAG ? this.known.arenaObject(arena).tag : upper!;
    this.defined |= 1 << (d! >> 1);
    return slot + 1;
  }

  #jump(slot: number, op: number): number {
    const constant = this.program.code[slot * SLOT_WORDS + 3]!;
    if (op === 0x05) return this.#target(constant / SLOT_WORDS);
    if (op === 0x85) return callHelper(this, constant, () => slot + 1);
    if (op === 0x95) return this.#exit(slot);
    return this.#execute(slot) ? this.#target(constant / SLOT_WORDS) : slot + 1;
  }

  #target(target: number): number {
    const { length, isSecondHalf } = this.program;
    if (target < 0 || target >= length) return this.#outside(target, "jumps out of its code");
    if (isSecondHalf[target] === 0) return target;
    return this.#outside(target, "jumps into the middle of a wide load");
  }

  #outside(target: number, what: string): number {
    return this.stop({
      cause: "jump",
      message: `the program ${what}, to slot ${target} of ${this.program.length}`,
      linux: oops("the CPU runs whatever bytes lie there"),
    });
  }

  unread(register: number): number {
    return this.stop({
      cause: "register",
      register,
      message: `R${register} is read, and nobody has written it`,
      linux: {
        outcome: "leak",
        text: "nothing stops it: the program gets what the kernel had in that register",
      },
    });
  }

  #invalid(slot: number): number {
    const problem = this.program.problems.get(slot) ?? "there is no such instruction";
    return this.stop({
      cause: "instruction",
      message: problem,
      linux: oops(
        `BPF interpreter: unknown opcode ${(this.program.insns[slot]?.code ?? 0).toString(16).padStart(2, "0")}`,
      ),
    });
  }

  #packetLoad(slot: number): number {
    const at = slot * SLOT_WORDS;
    const { code } = this.program;
    const op = code[at]!;
    if (!isPacketLoad(op)) return this.#invalid(slot);
    const { r } = this.vm;
    const context = (this.defined & (1 << 6)) === 0 ? undefined : this.objects.find(r[13]!);
    const isContext = context?.kind === "context" && r[12] === context.base;
    if (!isContext || !mayAccessSkb(this.env.progType)) {
      return this.stop({
        cause: "register",
        register: 6,
        message: "loads from the packet need an sk_buff as context, and it in R6",
        linux: oops("R6 is taken for an sk_buff, whatever it is"),
      });
    }
    const index = (op & 0xe0) === 0x40 ? r[code[at + 2]!]! : 0;
    const size = PACKET_SIZES[(op >> 3) & 3]!;
    const isInside = loadFromPacket(this.vm, (code[at + 3]! + index) | 0, size);
    this.defined = (this.defined & ~ARGS) | R0;
    if (isInside) return slot + 1;
    r[0] = 0;
    r[1] = 0;
    return this.#exit(slot);
  }

  /** Makes the frame of the function that begins. */
  #enterFrame(): void {
    const { vm } = this;
    const base = vm.frame + this.depth * MAX_BPF_STACK;
    vm.memory.bytes.fill(0, base, base + MAX_BPF_STACK);
    const frame = this.known.frame(base, this.depth);
    vm.r[20] = base + MAX_BPF_STACK;
    vm.r[21] = frame.tag;
    this.#mayGoto = BPF_MAX_LOOPS;
  }

  #push(back: number, caller: Callbacks<BpfKernel> | undefined, helper: number): boolean {
    const { r } = this.vm;
    if (this.depth - this.#mainDepth + 1 === MAX_CALL_FRAMES) {
      this.stop(TOO_DEEP);
      return false;
    }
    this.#frames.push({
      ...{ program: this.program, back, caller, helper, mainDepth: this.#mainDepth },
      ...{ saved: r.slice(FIRST_SAVED * 2, FIRST_SAVED * 2 + SAVED_WORDS) },
      ...{ defined: this.defined & (KEPT | FP), mayGoto: this.#mayGoto },
    });
    this.#enterFrame();
    return true;
  }

  #call(slot: number, start: number): number {
    if (this.program.isSecondHalf[start] !== 0) return this.#target(start);
    if (!this.#push(slot + 1, undefined, 0)) return -1;
    this.defined &= ARGS | FP;
    return start;
  }

  #callBack(slot: number, helper: number, caller: Callbacks<BpfKernel> | undefined): number {
    // There was nothing to call the function for.
    if (caller === undefined) return slot + 1;
    if (!this.#push(slot + 1, caller, helper)) return -1;
    return this.#callAgain(caller, helper);
  }

  #callAgain(caller: Callbacks<BpfKernel>, helper: number): number {
    this.defined = nameCallbackArgs(this, helper) | FP;
    return this.#target(caller.entry / SLOT_WORDS);
  }

  #tailCall(slot: number, map: number, index: number): number {
    const isAllowed = this.#tailCalls < MAX_TAIL_CALL_CNT;
    const next = isAllowed ? this.kernel.tailCallProgram(map, index) : undefined;
    if (next === undefined) return slot + 1;
    if (next.runner !== undefined || !next.isRunnable) {
      return this.notCarriedOn("goes on with a program that cannot run here");
    }
    this.#tailCalls++;
    let code = this.#codes.get(next);
    if (code === undefined) {
      code = tagged(acceptedCode(next), this.known);
      this.#codes.set(next, code);
    }
    this.program = code;
    this.#mainDepth = this.depth;
    const { r, context } = this.vm;
    r.fill(0, 0, REGISTERS * 2 - 2);
    r[2] = context;
    r[3] = this.known.contextTag;
    this.defined = (1 << 1) | FP;
    this.#mayGoto = BPF_MAX_LOOPS;
    return 0;
  }

  #exit(slot: number): number {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.#end();
    const { caller } = frame;
    if (caller?.next(this.vm) === true) {
      this.program = frame.program;
      this.#mainDepth = frame.mainDepth;
      this.#mayGoto = BPF_MAX_LOOPS;
      return this.#callAgain(caller, frame.helper);
    }
    const { r } = this.vm;
    const base = this.vm.frame + this.depth * MAX_BPF_STACK;
    if (!this.dynptrs.leave(base, base + MAX_BPF_STACK)) return -1;
    this.objects.drop(this.known.frame(base, this.depth));
    this.#frames.pop();
    const below = this.known.frame(base - MAX_BPF_STACK, this.depth);
    r.set(frame.saved, FIRST_SAVED * 2);
    r[20] = base;
    r[21] = below.tag;
    this.defined = frame.defined | (this.defined & R0);
    this.program = frame.program;
    this.#mayGoto = frame.mayGoto;
    this.#mainDepth = frame.mainDepth;
    if (caller !== undefined) {
      this.setResult(caller.result);
      this.defined |= R0;
    }
    this.slot = slot;
    return frame.back;
  }

  /** What a helper answers, in R0. */
  setResult(answer: number): void {
    const { r } = this.vm;
    r[0] = answer;
    r[1] = answer === (answer | 0) ? answer >> 31 : Math.floor(answer / 0x1_0000_0000);
  }

  /** The program itself has returned. */
  #end(): number {
    const base = this.vm.frame;
    if (this.lock !== 0) {
      return this.stop({
        cause: "left behind",
        message: "the program ends with a lock that it holds",
        linux: { outcome: "hang", text: "whoever takes the lock next waits for ever" },
      });
    }
    if (!this.dynptrs.leave(base, base + MAX_BPF_STACK)) return -1;
    const [left] = this.references;
    return left === undefined ? -1 : this.leftBehind(left.name);
  }

  leftBehind(name: string): number {
    return this.stop({
      cause: "left behind",
      message: `the program ends without giving ${name} back`,
      linux: {
        outcome: "leak",
        text: "nobody ever gives it back: the kernel has that much less memory",
      },
    });
  }
}

const SIZES = [4, 2, 1, 8];
const PACKET_SIZES = [4, 2, 1, 0];
/** Instructions that run when the one in front jumps: it, what stands there, and the exit. */
const JUMPED = 3;
const TAIL_CALL = 12;

const OUT_OF_FUEL: FaultWords = {
  cause: "fuel",
  message: "the fuel is used up",
  linux: {
    outcome: "hang",
    text: "watchdog: BUG: soft lockup - CPU#0 stuck for 22s!",
  },
};
const TOO_MANY_OBJECTS: FaultWords = {
  cause: "not carried on",
  message: "the program has come to more places than a run under checks follows",
  linux: { outcome: "nothing", text: "it would go on" },
};
const TOO_DEEP: FaultWords = {
  cause: "call depth",
  message: `the program calls a function from the ${MAX_CALL_FRAMES}th frame`,
  linux: oops("BUG: stack guard page was hit, once the 16 KiB of the kernel's stack are used up"),
};
