/**
 * The interpreter of verified programs.
 *
 * A register is two 32-bit words in an `Int32Array`: `r[d]` low, `r[d + 1]` high, where `d` is the
 * doubled number that `predecode()` stored. A pointer is an offset into the machine's BPF memory,
 * with the upper word 0. The verifier has proven every access, so none is checked here.
 *
 * @linux kernel/bpf/core.c `___bpf_prog_run` (6.18)
 * @spec RFC 9669
 */
import { SimulatorBug } from "../hw/simulator-bug.ts";
import { accessArena } from "./arena-access.ts";
import {
  div32,
  div64,
  mod32,
  mod64,
  mulHigh,
  sdiv32,
  sdiv64,
  smod32,
  smod64,
  swap32,
} from "./arithmetic.ts";
import { atomic32, atomic64 } from "./atomics.ts";
import { MAX_BPF_STACK } from "./isa.ts";
import type { BpfMemory } from "./memory.ts";
import { isArenaOperation, isKernelOperation, SLOT_WORDS } from "./predecode.ts";
import { loadFromPacket, type PacketPlace } from "./skb-load.ts";
import { accessKernel, type StructsReader } from "./structs/access.ts";

/** What the interpreter asks of the machine. */
export interface BpfHost {
  readonly packet: PacketPlace;
  /** The kernel's own objects. */
  readonly structs: StructsReader;
  /** The code at an index of the program array at an address; undefined: none. */
  tailCallTarget(map: number, index: number): Int32Array | undefined;
  /** A program looks for a page of an arena that is not there. */
  arenaFault(directory: number, address: number, isWrite: boolean): void;
  /** A function has passed its `may_goto`s as often as it may. */
  mayGotoTimedOut(): void;
}

/**
 * A helper reads its arguments from `vm.r` (R1 at 2) and answers what goes into R0: a whole number
 * of at most 53 bits, negative for an errno.
 */
export type HelperBody<Machine extends BpfHost> = (vm: BpfCpu<Machine>) => number;

/**
 * A helper that is at work: it calls a function of the program, once for each thing it has. It
 * waits in the frame of that function, so that nothing of the host's stack is in use.
 */
export interface Callbacks<Machine extends BpfHost> {
  /** Where the function starts, in words of the code. */
  readonly entry: number;
  /** What the helper answers once `next` has said that it is done. */
  readonly result: number;
  /** Takes what the function has answered from R0, and puts the arguments of another call into R1 to R5. */
  next(vm: BpfCpu<Machine>): boolean;
}

/**
 * Begins a helper that calls back, with the arguments of the first call in R1 to R5; or answers at
 * once what goes into R0.
 *
 * @param cell the address of 8 bytes that are the helper's while it works
 */
export type CallingHelper<Machine extends BpfHost> = (
  vm: BpfCpu<Machine>,
  cell: number,
) => Callbacks<Machine> | number;

/** How many frames a program may have at once. */
const MAX_CALL_FRAMES = 8;

/**
 * How often one function may pass its `may_goto`s, and how often `bpf_loop` calls.
 *
 * @linux include/linux/bpf.h `BPF_MAX_LOOPS` (6.18)
 * @simplified on x86-64 Linux ends `may_goto`s after a quarter of a second instead.
 */
export const BPF_MAX_LOOPS = 8 * 1024 * 1024;

/** How often a program may go on with another one. @linux include/linux/bpf.h `MAX_TAIL_CALL_CNT` (6.18) */
export const MAX_TAIL_CALL_CNT = 33;

/** A function may make a tail call, and the next program has all frames again. */
const FRAMES_MAX = MAX_CALL_FRAMES * (MAX_TAIL_CALL_CNT + 1);

/** Words saved by a call between functions: R6 to R10, the return place, the may_goto count, the program's frame. */
const FRAME_WORDS = 13;
const CELL_BYTES = 8;
/** What a CPU needs in memory: the stack, and a cell for the helper that works in each frame. */
export const CPU_STACK_BYTES = (MAX_BPF_STACK + CELL_BYTES) * FRAMES_MAX;

/** Registers, stack and context of the program that runs on one CPU. */
export class BpfCpu<Machine extends BpfHost> {
  readonly r = new Int32Array(24);
  readonly memory: BpfMemory;
  readonly machine: Machine;
  readonly cpu: number;
  /** Address of the context structure in memory. */
  context = 0;
  /** In every byte of the stack when a program starts: it may read what it has not written. */
  stackGarbage = 0;
  /** Instructions that ran since somebody set it to 0. */
  executed = 0;
  /** Where the program is that calls or faults, in words of its code; -1: a compiled one, which tells by itself. */
  at = -1;
  /** R10 of the program that runs. */
  #top = 0;

  readonly #frames = new Int32Array(FRAMES_MAX * FRAME_WORDS);
  /** Whose code each frame goes on in. */
  readonly #codes: Int32Array[] = [];
  /** The helper that works in each frame, if one does. */
  readonly #calling: (Callbacks<Machine> | undefined)[] = [];
  readonly #helpers: readonly (HelperBody<Machine> | undefined)[];
  readonly #callers: readonly (CallingHelper<Machine> | undefined)[];
  readonly #stack: number;
  readonly #cells: number;

  /** @param stack the address of `CPU_STACK_BYTES` */
  constructor(
    machine: Machine,
    cpu: number,
    memory: BpfMemory,
    stack: number,
    helpers: readonly (HelperBody<Machine> | undefined)[],
    callers: readonly (CallingHelper<Machine> | undefined)[],
  ) {
    this.machine = machine;
    this.cpu = cpu;
    this.memory = memory;
    this.#helpers = helpers;
    this.#callers = callers;
    this.#stack = stack;
    this.#cells = stack + MAX_BPF_STACK * FRAMES_MAX;
  }

  /** Runs `code` with R1 = `context` and answers the low word of R0, unsigned. */
  run(code: Int32Array, context: number): number {
    this.r.fill(0);
    this.r[2] = context;
    this.context = context;
    return this.#start(code, 0);
  }

  /** Runs the function that starts at the word `entry` of `code`, with pointers as arguments. */
  call(code: Int32Array, entry: number, ...args: readonly number[]): number {
    this.r.fill(0);
    for (const [i, arg] of args.entries()) this.r[2 + 2 * i] = arg;
    return this.#start(code, entry);
  }

  /** The slots at which the functions of the running program go on, the innermost one first. @param code of the program */
  places(code: Int32Array): readonly number[] {
    const slots = [this.at / SLOT_WORDS];
    for (let depth = (this.r[20]! - this.#top) / MAX_BPF_STACK; depth > 0; depth--) {
      // Others have gone on with this one by a tail call.
      if (this.#codes[depth - 1] !== code) break;
      slots.push(this.#frames[(depth - 1) * FRAME_WORDS + 10]! / SLOT_WORDS);
    }
    return slots;
  }

  /** The lowest address of the frame of a program that starts. */
  get frame(): number {
    return this.#stack;
  }

  /** The 8 bytes of a helper that works for the function in a frame. */
  cellOf(frame: number): number {
    return this.#cells + ((frame - this.#stack) / MAX_BPF_STACK) * CELL_BYTES;
  }

  /** Runs `code` from its start with all registers as they are. */
  resume(code: Int32Array): void {
    this.#execute(code, 0);
  }

  /** Runs `code` in a frame that another program has left to it by a tail call. */
  goOn(code: Int32Array, context: number, frame: number, tailCalls: number): void {
    this.r.fill(0);
    this.r[2] = context;
    this.r[20] = frame + MAX_BPF_STACK;
    this.#execute(code, 0, tailCalls);
  }

  #start(code: Int32Array, entry: number): number {
    this.r[20] = this.#stack + MAX_BPF_STACK;
    this.memory.bytes.fill(this.stackGarbage, this.#stack, this.#stack + MAX_BPF_STACK);
    this.memory.readLock();
    try {
      this.#execute(code, entry);
    } finally {
      this.memory.readUnlock();
    }
    return this.r[0]! >>> 0;
  }

  #execute(first: Int32Array, entry: number, tailCallsBefore = 0): void {
    const r = this.r;
    const frames = this.#frames;
    const codes = this.#codes;
    const calling = this.#calling;
    let code = first;
    let tailCalls = tailCallsBefore;
    let bytes = this.memory.bytes;
    let view = this.memory.view;
    let pc = entry;
    let depth = 0;
    // The frame of the program itself, which is further up where a function made a tail call.
    let mainDepth = 0;
    let mayGoto = BPF_MAX_LOOPS;
    let executed = 0;
    this.#top = r[20]!;
    for (;;) {
      const op = code[pc]!;
      // Each case loads its own operands: no instruction needs all of them.
      pc += SLOT_WORDS;
      executed++;
      switch (op) {
        case 0x7: {
          // r +=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const a = r[d]!;
          const low = (a + k) | 0;
          r[d + 1] = (r[d + 1]! + (k >> 31) + (low >>> 0 < a >>> 0 ? 1 : 0)) | 0;
          r[d] = low;
          break;
        }
        case 0xf: {
          // r +=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const a = r[d]!;
          const low = (a + r[s]!) | 0;
          r[d + 1] = (r[d + 1]! + r[s + 1]! + (low >>> 0 < a >>> 0 ? 1 : 0)) | 0;
          r[d] = low;
          break;
        }
        case 0x17: {
          // r -=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const a = r[d]!;
          const b = k;
          r[d + 1] = (r[d + 1]! - (k >> 31) - (a >>> 0 < b >>> 0 ? 1 : 0)) | 0;
          r[d] = (a - b) | 0;
          break;
        }
        case 0x1f: {
          // r -=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const a = r[d]!;
          const b = r[s]!;
          r[d + 1] = (r[d + 1]! - r[s + 1]! - (a >>> 0 < b >>> 0 ? 1 : 0)) | 0;
          r[d] = (a - b) | 0;
          break;
        }
        case 0x27: {
          // r *=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const a = r[d]!;
          const b = k;
          r[d + 1] = (mulHigh(a, b) + Math.imul(r[d + 1]!, b) + Math.imul(a, k >> 31)) | 0;
          r[d] = Math.imul(a, b);
          break;
        }
        case 0x2f: {
          // r *=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const a = r[d]!;
          const b = r[s]!;
          r[d + 1] = (mulHigh(a, b) + Math.imul(r[d + 1]!, b) + Math.imul(a, r[s + 1]!)) | 0;
          r[d] = Math.imul(a, b);
          break;
        }
        case 0x37: {
          // r /=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          div64(r, d, k, k >> 31);
          break;
        }
        case 0x3f: {
          // r /=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          div64(r, d, r[s]!, r[s + 1]!);
          break;
        }
        case 0x97: {
          // r %=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          mod64(r, d, k, k >> 31);
          break;
        }
        case 0x9f: {
          // r %=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          mod64(r, d, r[s]!, r[s + 1]!);
          break;
        }
        case 0x101: {
          // r s/=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          sdiv64(r, d, k, k >> 31);
          break;
        }
        case 0x100: {
          // r s/=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          sdiv64(r, d, r[s]!, r[s + 1]!);
          break;
        }
        case 0x103: {
          // r s%=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          smod64(r, d, k, k >> 31);
          break;
        }
        case 0x102: {
          // r s%=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          smod64(r, d, r[s]!, r[s + 1]!);
          break;
        }
        case 0x47: {
          // r |= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! | k;
          r[d + 1] = r[d + 1]! | (k >> 31);
          break;
        }
        case 0x4f: {
          // r |= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! | r[s]!;
          r[d + 1] = r[d + 1]! | r[s + 1]!;
          break;
        }
        case 0x57: {
          // r &= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! & k;
          r[d + 1] = r[d + 1]! & (k >> 31);
          break;
        }
        case 0x5f: {
          // r &= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! & r[s]!;
          r[d + 1] = r[d + 1]! & r[s + 1]!;
          break;
        }
        case 0xa7: {
          // r ^= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! ^ k;
          r[d + 1] = r[d + 1]! ^ (k >> 31);
          break;
        }
        case 0xaf: {
          // r ^= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! ^ r[s]!;
          r[d + 1] = r[d + 1]! ^ r[s + 1]!;
          break;
        }
        case 0x67: {
          // r <<=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const n = k & 63;
          if (n >= 32) {
            r[d + 1] = r[d]! << (n - 32);
            r[d] = 0;
          } else if (n !== 0) {
            r[d + 1] = (r[d + 1]! << n) | (r[d]! >>> (32 - n));
            r[d] = r[d]! << n;
          }
          break;
        }
        case 0x6f: {
          // r <<=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const n = r[s]! & 63;
          if (n >= 32) {
            r[d + 1] = r[d]! << (n - 32);
            r[d] = 0;
          } else if (n !== 0) {
            r[d + 1] = (r[d + 1]! << n) | (r[d]! >>> (32 - n));
            r[d] = r[d]! << n;
          }
          break;
        }
        case 0x77: {
          // r >>=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const n = k & 63;
          if (n >= 32) {
            r[d] = r[d + 1]! >>> (n - 32);
            r[d + 1] = 0;
          } else if (n !== 0) {
            r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
            r[d + 1] = r[d + 1]! >>> n;
          }
          break;
        }
        case 0x7f: {
          // r >>=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const n = r[s]! & 63;
          if (n >= 32) {
            r[d] = r[d + 1]! >>> (n - 32);
            r[d + 1] = 0;
          } else if (n !== 0) {
            r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
            r[d + 1] = r[d + 1]! >>> n;
          }
          break;
        }
        case 0xc7: {
          // r s>>=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          const n = k & 63;
          if (n >= 32) {
            r[d] = r[d + 1]! >> (n - 32);
            r[d + 1] = r[d + 1]! >> 31;
          } else if (n !== 0) {
            r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
            r[d + 1] = r[d + 1]! >> n;
          }
          break;
        }
        case 0xcf: {
          // r s>>=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const n = r[s]! & 63;
          if (n >= 32) {
            r[d] = r[d + 1]! >> (n - 32);
            r[d + 1] = r[d + 1]! >> 31;
          } else if (n !== 0) {
            r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
            r[d + 1] = r[d + 1]! >> n;
          }
          break;
        }
        case 0x87: {
          // r = -r
          const d = code[pc - 3]!;
          const low = r[d]!;
          r[d + 1] = low === 0 ? -r[d + 1]! | 0 : ~r[d + 1]!;
          r[d] = -low | 0;
          break;
        }
        case 0xb7: {
          // r = imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = k;
          r[d + 1] = k >> 31;
          break;
        }
        case 0xbf: {
          // r = r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[s]!;
          r[d + 1] = r[s + 1]!;
          break;
        }
        case 264: {
          // r = (s8)r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const low = (r[s]! << 24) >> 24;
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 265: {
          // r = (s16)r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const low = (r[s]! << 16) >> 16;
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 266: {
          // r = (s32)r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const low = r[s]!;
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 267: {
          // w = (s8)w
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = (r[s]! << 24) >> 24;
          r[d + 1] = 0;
          break;
        }
        case 268: {
          // w = (s16)w
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = (r[s]! << 16) >> 16;
          r[d + 1] = 0;
          break;
        }
        case 0x4: {
          // w +=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = (r[d]! + k) | 0;
          r[d + 1] = 0;
          break;
        }
        case 0xc: {
          // w +=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = (r[d]! + r[s]!) | 0;
          r[d + 1] = 0;
          break;
        }
        case 0x14: {
          // w -=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = (r[d]! - k) | 0;
          r[d + 1] = 0;
          break;
        }
        case 0x1c: {
          // w -=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = (r[d]! - r[s]!) | 0;
          r[d + 1] = 0;
          break;
        }
        case 0x24: {
          // w *=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = Math.imul(r[d]!, k);
          r[d + 1] = 0;
          break;
        }
        case 0x2c: {
          // w *=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = Math.imul(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        }
        case 0x34: {
          // w /=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = div32(r[d]!, k);
          r[d + 1] = 0;
          break;
        }
        case 0x3c: {
          // w /=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = div32(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        }
        case 0x94: {
          // w %=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = mod32(r[d]!, k);
          r[d + 1] = 0;
          break;
        }
        case 0x9c: {
          // w %=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = mod32(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        }
        case 0x105: {
          // w s/=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = sdiv32(r[d]!, k);
          r[d + 1] = 0;
          break;
        }
        case 0x104: {
          // w s/=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = sdiv32(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        }
        case 0x107: {
          // w s%=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = smod32(r[d]!, k);
          r[d + 1] = 0;
          break;
        }
        case 0x106: {
          // w s%=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = smod32(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        }
        case 0x44: {
          // w |= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! | k;
          r[d + 1] = 0;
          break;
        }
        case 0x4c: {
          // w |= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! | r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0x54: {
          // w &= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! & k;
          r[d + 1] = 0;
          break;
        }
        case 0x5c: {
          // w &= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! & r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0xa4: {
          // w ^= imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! ^ k;
          r[d + 1] = 0;
          break;
        }
        case 0xac: {
          // w ^= reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! ^ r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0x64: {
          // w <<=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! << k;
          r[d + 1] = 0;
          break;
        }
        case 0x6c: {
          // w <<=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! << r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0x74: {
          // w >>=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! >>> k;
          r[d + 1] = 0;
          break;
        }
        case 0x7c: {
          // w >>=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! >>> r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0xc4: {
          // w s>>=  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = r[d]! >> k;
          r[d + 1] = 0;
          break;
        }
        case 0xcc: {
          // w s>>=  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[d]! >> r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 0x84: {
          // w = -w
          const d = code[pc - 3]!;
          r[d] = -r[d]! | 0;
          r[d + 1] = 0;
          break;
        }
        case 0xb4: {
          // w =  imm
          const d = code[pc - 3]!;
          const k = code[pc - 1]!;
          r[d] = k;
          r[d + 1] = 0;
          break;
        }
        case 0xbc: {
          // w =  reg
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          r[d] = r[s]!;
          r[d + 1] = 0;
          break;
        }
        case 269: {
          // r = le16 r
          const d = code[pc - 3]!;
          r[d] = r[d]! & 0xffff;
          r[d + 1] = 0;
          break;
        }
        case 270: {
          // r = le32 r
          const d = code[pc - 3]!;
          r[d + 1] = 0;
          break;
        }
        case 271: {
          // r = be16 r, r = bswap16 r
          const d = code[pc - 3]!;
          r[d] = ((r[d]! & 0xff) << 8) | ((r[d]! >>> 8) & 0xff);
          r[d + 1] = 0;
          break;
        }
        case 272: {
          // r = be32 r, r = bswap32 r
          const d = code[pc - 3]!;
          r[d] = swap32(r[d]!);
          r[d + 1] = 0;
          break;
        }
        case 273: {
          // r = be64 r, r = bswap64 r
          const d = code[pc - 3]!;
          const low = swap32(r[d + 1]!);
          r[d + 1] = swap32(r[d]!);
          r[d] = low;
          break;
        }
        case 274: {
          // r = le64 r
          break;
        }
        case 0x18: {
          // r = imm64 ll
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = s;
          r[d + 1] = k;
          // The second slot is no instruction of its own.
          pc += SLOT_WORDS;
          break;
        }
        case 0x71: {
          // r = *(u8 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = bytes[r[s]! + k]!;
          r[d + 1] = 0;
          break;
        }
        case 0x69: {
          // r = *(u16 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = view.getUint16(r[s]! + k, true);
          r[d + 1] = 0;
          break;
        }
        case 0x61: {
          // r = *(u32 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = view.getInt32(r[s]! + k, true);
          r[d + 1] = 0;
          break;
        }
        case 0x79: {
          // r = *(u64 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const a = r[s]! + k;
          r[d] = view.getInt32(a, true);
          r[d + 1] = view.getInt32(a + 4, true);
          break;
        }
        case 0x91: {
          // r = *(s8 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const low = view.getInt8(r[s]! + k);
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 0x89: {
          // r = *(s16 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const low = view.getInt16(r[s]! + k, true);
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 0x81: {
          // r = *(s32 *)(r + off)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const low = view.getInt32(r[s]! + k, true);
          r[d] = low;
          r[d + 1] = low >> 31;
          break;
        }
        case 0x73: {
          // *(u8 *)(r + off) = r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          bytes[r[d]! + k] = r[s]!;
          break;
        }
        case 0x6b: {
          // *(u16 *)(r + off) = r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt16(r[d]! + k, r[s]!, true);
          break;
        }
        case 0x63: {
          // *(u32 *)(r + off) = r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt32(r[d]! + k, r[s]!, true);
          break;
        }
        case 0x7b: {
          // *(u64 *)(r + off) = r
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const a = r[d]! + k;
          view.setInt32(a, r[s]!, true);
          view.setInt32(a + 4, r[s + 1]!, true);
          break;
        }
        case 0x72: {
          // *(u8 *)(r + off) = imm
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          bytes[r[d]! + k] = s;
          break;
        }
        case 0x6a: {
          // *(u16 *)(r + off) = imm
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt16(r[d]! + k, s, true);
          break;
        }
        case 0x62: {
          // *(u32 *)(r + off) = imm
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt32(r[d]! + k, s, true);
          break;
        }
        case 0x7a: {
          // *(u64 *)(r + off) = imm
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const a = r[d]! + k;
          view.setInt32(a, s, true);
          view.setInt32(a + 4, s >> 31, true);
          break;
        }
        case 0x5: {
          // goto
          const k = code[pc - 1]!;
          pc = k;
          break;
        }
        case 0x15: {
          // if r == imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! === s && r[d + 1]! === s >> 31) pc = k;
          break;
        }
        case 0x1d: {
          // if r == r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! === r[s]! && r[d + 1]! === r[s + 1]!) pc = k;
          break;
        }
        case 0x16: {
          // if w == imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! === s) pc = k;
          break;
        }
        case 0x1e: {
          // if w == w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! === r[s]!) pc = k;
          break;
        }
        case 0x25: {
          // if r > imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelow(r, d, s, s >> 31) && (r[d]! !== s || r[d + 1]! !== s >> 31)) pc = k;
          break;
        }
        case 0x2d: {
          // if r > r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelow(r, d, r[s]!, r[s + 1]!) && (r[d]! !== r[s]! || r[d + 1]! !== r[s + 1]!))
            pc = k;
          break;
        }
        case 0x26: {
          // if w > imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 > s >>> 0) pc = k;
          break;
        }
        case 0x2e: {
          // if w > w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 > r[s]! >>> 0) pc = k;
          break;
        }
        case 0x35: {
          // if r >= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelow(r, d, s, s >> 31)) pc = k;
          break;
        }
        case 0x3d: {
          // if r >= r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelow(r, d, r[s]!, r[s + 1]!)) pc = k;
          break;
        }
        case 0x36: {
          // if w >= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 >= s >>> 0) pc = k;
          break;
        }
        case 0x3e: {
          // if w >= w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 >= r[s]! >>> 0) pc = k;
          break;
        }
        case 0x45: {
          // if r & imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (((r[d]! & s) | (r[d + 1]! & (s >> 31))) !== 0) pc = k;
          break;
        }
        case 0x4d: {
          // if r & r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (((r[d]! & r[s]!) | (r[d + 1]! & r[s + 1]!)) !== 0) pc = k;
          break;
        }
        case 0x46: {
          // if w & imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if ((r[d]! & s) !== 0) pc = k;
          break;
        }
        case 0x4e: {
          // if w & w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if ((r[d]! & r[s]!) !== 0) pc = k;
          break;
        }
        case 0x55: {
          // if r != imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! !== s || r[d + 1]! !== s >> 31) pc = k;
          break;
        }
        case 0x5d: {
          // if r != r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! !== r[s]! || r[d + 1]! !== r[s + 1]!) pc = k;
          break;
        }
        case 0x56: {
          // if w != imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! !== s) pc = k;
          break;
        }
        case 0x5e: {
          // if w != w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! !== r[s]!) pc = k;
          break;
        }
        case 0x65: {
          // if r s> imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelowSigned(r, d, s, s >> 31) && (r[d]! !== s || r[d + 1]! !== s >> 31)) pc = k;
          break;
        }
        case 0x6d: {
          // if r s> r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (
            !isBelowSigned(r, d, r[s]!, r[s + 1]!) &&
            (r[d]! !== r[s]! || r[d + 1]! !== r[s + 1]!)
          )
            pc = k;
          break;
        }
        case 0x66: {
          // if w s> imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! > s) pc = k;
          break;
        }
        case 0x6e: {
          // if w s> w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! > r[s]!) pc = k;
          break;
        }
        case 0x75: {
          // if r s>= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelowSigned(r, d, s, s >> 31)) pc = k;
          break;
        }
        case 0x7d: {
          // if r s>= r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (!isBelowSigned(r, d, r[s]!, r[s + 1]!)) pc = k;
          break;
        }
        case 0x76: {
          // if w s>= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >= s) pc = k;
          break;
        }
        case 0x7e: {
          // if w s>= w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >= r[s]!) pc = k;
          break;
        }
        case 0xa5: {
          // if r < imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelow(r, d, s, s >> 31)) pc = k;
          break;
        }
        case 0xad: {
          // if r < r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelow(r, d, r[s]!, r[s + 1]!)) pc = k;
          break;
        }
        case 0xa6: {
          // if w < imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 < s >>> 0) pc = k;
          break;
        }
        case 0xae: {
          // if w < w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 < r[s]! >>> 0) pc = k;
          break;
        }
        case 0xb5: {
          // if r <= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelow(r, d, s, s >> 31) || (r[d]! === s && r[d + 1]! === s >> 31)) pc = k;
          break;
        }
        case 0xbd: {
          // if r <= r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelow(r, d, r[s]!, r[s + 1]!) || (r[d]! === r[s]! && r[d + 1]! === r[s + 1]!))
            pc = k;
          break;
        }
        case 0xb6: {
          // if w <= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 <= s >>> 0) pc = k;
          break;
        }
        case 0xbe: {
          // if w <= w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! >>> 0 <= r[s]! >>> 0) pc = k;
          break;
        }
        case 0xc5: {
          // if r s< imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelowSigned(r, d, s, s >> 31)) pc = k;
          break;
        }
        case 0xcd: {
          // if r s< r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelowSigned(r, d, r[s]!, r[s + 1]!)) pc = k;
          break;
        }
        case 0xc6: {
          // if w s< imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! < s) pc = k;
          break;
        }
        case 0xce: {
          // if w s< w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! < r[s]!) pc = k;
          break;
        }
        case 0xd5: {
          // if r s<= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelowSigned(r, d, s, s >> 31) || (r[d]! === s && r[d + 1]! === s >> 31)) pc = k;
          break;
        }
        case 0xdd: {
          // if r s<= r goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (isBelowSigned(r, d, r[s]!, r[s + 1]!) || (r[d]! === r[s]! && r[d + 1]! === r[s + 1]!))
            pc = k;
          break;
        }
        case 0xd6: {
          // if w s<= imm goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! <= s) pc = k;
          break;
        }
        case 0xde: {
          // if w s<= w goto
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          if (r[d]! <= r[s]!) pc = k;
          break;
        }
        case 277: {
          // may_goto
          const k = code[pc - 1]!;
          if (--mayGoto < 0) {
            this.at = pc;
            if (mayGoto === -1) this.machine.mayGotoTimedOut();
            pc = k;
          }
          break;
        }
        case 0x85: {
          // call helper
          const k = code[pc - 1]!;
          this.executed += executed;
          executed = 0;
          this.at = pc;
          const answer = this.#helpers[k]!(this);
          r[0] = answer;
          r[1] = answer === (answer | 0) ? answer >> 31 : Math.floor(answer / 0x1_0000_0000);
          // A helper may have let the memory grow.
          bytes = this.memory.bytes;
          view = this.memory.view;
          break;
        }
        case 290: {
          // call a helper that calls back
          const k = code[pc - 1]!;
          this.executed += executed;
          executed = 0;
          const begun = this.#callers[k]!(this, this.#cells + depth * CELL_BYTES);
          bytes = this.memory.bytes;
          view = this.memory.view;
          if (typeof begun === "number") {
            setResult(r, begun);
            break;
          }
          const at = depth * FRAME_WORDS;
          for (let i = 0; i < 10; i++) frames[at + i] = r[12 + i]!;
          frames[at + 10] = pc;
          frames[at + 11] = mayGoto;
          frames[at + 12] = mainDepth;
          codes[depth] = code;
          calling[depth] = begun;
          depth++;
          mayGoto = BPF_MAX_LOOPS;
          r[20] = r[20]! + MAX_BPF_STACK;
          pc = begun.entry;
          break;
        }
        case 289: {
          // tail call: in the frame of who calls, and there is no way back
          const next =
            tailCalls < MAX_TAIL_CALL_CNT ? this.machine.tailCallTarget(r[4]!, r[6]!) : undefined;
          if (next === undefined) break;
          tailCalls++;
          code = next;
          pc = 0;
          mainDepth = depth;
          mayGoto = BPF_MAX_LOOPS;
          break;
        }
        case 275: {
          // call subprogram
          const k = code[pc - 1]!;
          const at = depth * FRAME_WORDS;
          for (let i = 0; i < 10; i++) frames[at + i] = r[12 + i]!;
          frames[at + 10] = pc;
          frames[at + 11] = mayGoto;
          frames[at + 12] = mainDepth;
          codes[depth] = code;
          calling[depth] = undefined;
          depth++;
          mayGoto = BPF_MAX_LOOPS;
          r[20] = r[20]! + MAX_BPF_STACK;
          pc = k;
          break;
        }
        case 0x95: {
          // exit
          if (depth === 0) {
            this.executed += executed;
            return;
          }
          const caller = calling[depth - 1];
          if (caller?.next(this) === true) {
            code = codes[depth - 1]!;
            pc = caller.entry;
            mainDepth = frames[(depth - 1) * FRAME_WORDS + 12]!;
            mayGoto = BPF_MAX_LOOPS;
            break;
          }
          depth--;
          const at = depth * FRAME_WORDS;
          for (let i = 0; i < 10; i++) r[12 + i] = frames[at + i]!;
          pc = frames[at + 10]!;
          mayGoto = frames[at + 11]!;
          mainDepth = frames[at + 12]!;
          code = codes[depth]!;
          if (caller !== undefined) setResult(r, caller.result);
          break;
        }
        case 291: {
          // bpf_throw: all functions of the program end, and its exception callback goes on
          const k = code[pc - 1]!;
          if (depth > mainDepth) {
            r[20] = r[20]! - (depth - mainDepth) * MAX_BPF_STACK;
            depth = mainDepth;
          }
          if (k >= 0) {
            mayGoto = BPF_MAX_LOOPS;
            pc = k;
            break;
          }
          // Without one, the program answers what was thrown.
          r[0] = r[2]!;
          r[1] = r[3]!;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 278: {
          // atomic, 32 bits
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          atomic32(view, r, (r[d]! + k) | 0, s & 0xff, s >> 8);
          break;
        }
        case 279: {
          // atomic, 64 bits
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          atomic64(view, r, (r[d]! + k) | 0, s & 0xff, s >> 8);
          break;
        }
        case 280: {
          // w = load_acquire((u8 *)(r + off))
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = bytes[r[s]! + k]!;
          r[d + 1] = 0;
          break;
        }
        case 281: {
          // w = load_acquire((u16 *)(r + off))
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = view.getUint16(r[s]! + k, true);
          r[d + 1] = 0;
          break;
        }
        case 282: {
          // w = load_acquire((u32 *)(r + off))
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          r[d] = view.getInt32(r[s]! + k, true);
          r[d + 1] = 0;
          break;
        }
        case 283: {
          // r = load_acquire((u64 *)(r + off))
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const a = r[s]! + k;
          r[d] = view.getInt32(a, true);
          r[d + 1] = view.getInt32(a + 4, true);
          break;
        }
        case 284: {
          // store_release((u8 *)(r + off), w)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          bytes[r[d]! + k] = r[s]!;
          break;
        }
        case 285: {
          // store_release((u16 *)(r + off), w)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt16(r[d]! + k, r[s]!, true);
          break;
        }
        case 286: {
          // store_release((u32 *)(r + off), w)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          view.setInt32(r[d]! + k, r[s]!, true);
          break;
        }
        case 287: {
          // store_release((u64 *)(r + off), r)
          const d = code[pc - 3]!;
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          const a = r[d]! + k;
          view.setInt32(a, r[s]!, true);
          view.setInt32(a + 4, r[s + 1]!, true);
          break;
        }
        case 0x20: {
          // r0 = *(u32 *)skb[imm]
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, k, 4)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 0x40: {
          // r0 = *(u32 *)skb[r + imm]
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, (r[s]! + k) | 0, 4)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 0x28: {
          // r0 = *(u16 *)skb[imm]
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, k, 2)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 0x48: {
          // r0 = *(u16 *)skb[r + imm]
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, (r[s]! + k) | 0, 2)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 0x30: {
          // r0 = *(u8 *)skb[imm]
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, k, 1)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 0x50: {
          // r0 = *(u8 *)skb[r + imm]
          const s = code[pc - 2]!;
          const k = code[pc - 1]!;
          // Outside the packet the function ends with 0: an exit stands behind all code.
          if (loadFromPacket(this, (r[s]! + k) | 0, 1)) break;
          r[0] = 0;
          r[1] = 0;
          executed--;
          pc = code.length - SLOT_WORDS;
          break;
        }
        case 292: {
          // r = addr_space_cast(r, 1, 0)
          const d = code[pc - 3]!;
          const low = r[code[pc - 2]!]!;
          r[d] = low;
          r[d + 1] = low === 0 ? 0 : code[pc - 1]!;
          break;
        }
        default:
          if (isKernelOperation(op)) {
            accessKernel(this, r, op, code[pc - 3]!, code[pc - 2]!, code[pc - 1]!);
            // What is read may be made only then.
            bytes = this.memory.bytes;
            view = this.memory.view;
            break;
          }
          if (isArenaOperation(op)) {
            this.at = pc - SLOT_WORDS;
            accessArena(this, r, op, code[pc - 3]!, code[pc - 2]!, code[pc - 1]!);
            break;
          }
          throw new SimulatorBug(`opcode ${op} at slot ${pc / SLOT_WORDS - 1} was not refused`);
      }
    }
  }
}

/** What a helper answers, in R0. */
function setResult(r: Int32Array, answer: number): void {
  r[0] = answer;
  r[1] = answer === (answer | 0) ? answer >> 31 : Math.floor(answer / 0x1_0000_0000);
}

function isBelow(r: Int32Array, d: number, low: number, high: number): boolean {
  const a = r[d + 1]! >>> 0;
  const b = high >>> 0;
  return a < b || (a === b && r[d]! >>> 0 < low >>> 0);
}

function isBelowSigned(r: Int32Array, d: number, low: number, high: number): boolean {
  const a = r[d + 1]!;
  return a < high || (a === high && r[d]! >>> 0 < low >>> 0);
}
