import type { PtRegs } from "../arch/x86/pt-regs.ts";

/**
 * A system call on its way. Programs can get hold of it, so nothing but numbers goes in and nothing comes
 * out. One object serves all calls of a program, one after the other.
 */
export class SyscallRequest {
  #nr = 0;
  #a0 = 0;
  #a1 = 0;
  #a2 = 0;
  #a3 = 0;
  #a4 = 0;
  #a5 = 0;

  fill(nr: number, a0: number, a1: number, a2: number, a3: number, a4: number, a5: number): this {
    this.#nr = register(nr);
    this.#a0 = register(a0);
    this.#a1 = register(a1);
    this.#a2 = register(a2);
    this.#a3 = register(a3);
    this.#a4 = register(a4);
    this.#a5 = register(a5);
    return this;
  }

  /** The same for read and write of bytes at an address of our own. */
  fillBytes(nr: number, fd: number, addr: number, count: number): void {
    this.#nr = nr;
    this.#a0 = register(fd);
    this.#a1 = addr;
    this.#a2 = register(count);
    this.#a3 = 0;
    this.#a4 = 0;
    this.#a5 = 0;
  }

  /** Loads the registers as the program's stub would. */
  load(regs: PtRegs): number {
    regs.origAx = this.#nr;
    regs.di = this.#a0;
    regs.si = this.#a1;
    regs.dx = this.#a2;
    regs.r10 = this.#a3;
    regs.r8 = this.#a4;
    regs.r9 = this.#a5;
    return this.#nr;
  }
}

/** A register holds whole numbers of 64 bits, signed or not. */
function register(value: number): number {
  const number = +value;
  if ((number | 0) === number) return number;
  return Math.min(Math.max(Math.trunc(number) || 0, -(2 ** 63)), 2 ** 64);
}

/** Computing for some time in user mode. */
export class ComputeRequest {
  readonly #ns: number;

  constructor(ns: number) {
    this.#ns = Math.max(0, Math.floor(+ns)) || 0;
  }

  static ns(request: ComputeRequest): number {
    return request.#ns;
  }
}

/** Reading the processor's time-stamp counter in the midst of some computing. */
export class CounterRequest extends ComputeRequest {
  #cycles = 0;

  static take(request: CounterRequest, cycles: number): void {
    request.#cycles = cycles;
  }

  /** What the counter was. */
  static cycles(request: CounterRequest): number {
    return request.#cycles;
  }
}

/** A load or store of user code: it faults as the processor's do. */
export class AccessRequest {
  readonly #addr: number;
  readonly #bytes: Uint8Array;
  readonly #isStore: boolean;

  constructor(addr: number, bytes: Uint8Array, isStore: boolean) {
    this.#addr = +addr;
    this.#bytes = bytes;
    this.#isStore = isStore;
  }

  /** What is to be accessed; the bytes are the kernel's own copy. */
  static parts(request: AccessRequest) {
    return { addr: request.#addr, bytes: request.#bytes, isStore: request.#isStore };
  }
}

/** What an atomic operation makes of a word. */
export const ATOMIC_ADD = 0;
export const ATOMIC_EXCHANGE = 1;
export const ATOMIC_COMPARE_EXCHANGE = 2;

/** A locked operation on a word of 32 bits: `lock xadd`, `xchg`, `lock cmpxchg`. */
export class AtomicRequest {
  readonly #addr: number;
  readonly #kind: number;
  readonly #operand: number;
  readonly #expected: number;
  #old = 0;

  constructor(addr: number, kind: number, operand: number, expected = 0) {
    this.#addr = +addr;
    this.#kind = kind;
    this.#operand = operand | 0;
    this.#expected = expected | 0;
  }

  static parts(request: AtomicRequest) {
    return {
      addr: request.#addr,
      kind: request.#kind,
      operand: request.#operand,
      expected: request.#expected,
    };
  }

  /** What the word becomes. */
  static apply(request: AtomicRequest, old: number): number {
    request.#old = old;
    if (request.#kind === ATOMIC_ADD) return (old + request.#operand) | 0;
    if (request.#kind === ATOMIC_EXCHANGE) return request.#operand;
    return old === request.#expected ? request.#operand : old;
  }

  /** What the word was. */
  static old(request: AtomicRequest): number {
    return request.#old;
  }
}

/** What a program can yield. */
export type MachineRequest = SyscallRequest | ComputeRequest | AccessRequest | AtomicRequest;
