import type { PtRegs } from "../arch/x86/pt-regs.ts";
import type { UserRequest } from "./program.ts";
import { AccessRequest, AtomicRequest, ComputeRequest } from "./request.ts";

/*
 * What a program does between two traps, with what came of it: it uses its stack, looks at its memory, names handlers
 * and threads. In brackets what the entry's own number is, and what stands behind it.
 */
/** (length) address, bytes. */
export const PUSH = 1;
/** (length) address. */
export const RESERVE = 2;
/** (length) */
export const POP = 3;
/** (length) address, bytes. */
export const PEEK = 4;
export const NAME_HANDLER = 5;
export const THREAD_STACK = 6;
/** (1: a thread) */
export const NEXT_THREAD = 7;
/** (length) the bytes that a load has found. */
export const LOADED = 8;
/** (what an atomic operation has found, or the counter of the processor was) */
export const REPLACED = 9;
/* How a stretch of it ends. */
/** (exit status) of main, or a handler's end. */
export const RETURN = 10;
export const THROW = 11;
export const NO_REQUEST = 12;
/** (ns) */
export const COMPUTE = 13;
/** (length) address. */
export const LOAD = 14;
/** (length) address, bytes. */
export const STORE = 15;
/** (which) address, operand, what is expected. */
export const ATOMIC = 16;
/** (number of the call) the arguments; with n of them, the kind is n more. */
export const SYSCALL = 17;
const SYSCALL_LAST = SYSCALL + 6;
/* What it is told when it goes on. */
/** (answer) */
export const ANSWER = 24;
/** (signal) address of the handler, which starts. */
export const HANDLER = 25;

/** An entry begins with its kind and its own number in one; when that is too large, it follows. */
const KIND_BITS = 6;
const KIND_MASK = 31;
const IS_WIDE = 32;
const PACKED_MAX = 2 ** 24;

const NUMBER_BYTES = 8;
/** The most numbers that an entry without bytes has. */
const ENTRY_NUMBERS = 8;
/** Fewer bytes are copied one by one. */
const SHORT = 32;

const FIRST_NUMBERS = 64;
const CHUNK_NUMBERS = 2 ** 16;

/** Numbers that all programs of a machine may record together: 64 MiB, some million calls. */
const NUMBERS_MAX = 2 ** 23;
/** So many are there for each program all the same. */
const OWN_NUMBERS = 2 ** 12;

/** How much is left of the room for records. */
export class RecordRoom {
  #left = NUMBERS_MAX;

  /** Takes room for `n` numbers. */
  take(n: number): boolean {
    if (n > this.#left) return false;
    this.#left -= n;
    return true;
  }
}

/** A stretch of a record: numbers, and bytes among them. */
interface Chunk {
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
  /** Numbers that hold something, when the chunk is not the newest one. */
  end: number;
}

/**
 * All that a program has done and learnt since it began. With what it has done its machine is run again without it:
 * no line of it is executed a second time. With what it has learnt a second copy of it is brought to the same place,
 * for fork. The child's record goes on from there: what came before belongs to both.
 */
export class ProgramRecord {
  readonly #room: RecordRoom;
  readonly #chunks: Chunk[];
  /** Chunks that it shares with its parent. */
  readonly #shared: number;
  #numbers: Float64Array;
  #bytes: Uint8Array;
  #at = 0;
  #size: number;
  /** All numbers, those of the parent included. */
  #total: number;
  #isFull = false;

  /** @param parent whose program goes on as this one */
  constructor(parent?: ProgramRecord, room?: RecordRoom) {
    this.#room = parent === undefined ? (room ?? new RecordRoom()) : parent.#room;
    this.#chunks = parent === undefined ? [] : parent.#sealed();
    this.#shared = this.#chunks.length;
    this.#total = parent === undefined ? 0 : parent.#total;
    const chunk = newChunk(FIRST_NUMBERS);
    this.#chunks.push(chunk);
    this.#numbers = chunk.numbers;
    this.#bytes = chunk.bytes;
    this.#size = FIRST_NUMBERS;
  }

  /** Whether all was recorded, so that a child can be made. */
  get isWhole(): boolean {
    return !this.#isFull;
  }

  push(addr: number, bytes: Uint8Array, n: number): void {
    if (this.#beginBytes(PUSH, n, n)) this.#addBytes(addr, bytes, n);
  }

  reserve(n: number, addr: number): void {
    if (this.#begin(RESERVE, n)) this.#numbers[this.#at++] = addr;
  }

  pop(n: number): void {
    this.#begin(POP, n);
  }

  peek(addr: number, bytes: Uint8Array): void {
    if (this.#beginBytes(PEEK, bytes.length, bytes.length))
      this.#addBytes(addr, bytes, bytes.length);
  }

  /** An entry that is one number. */
  put(kind: number, value: number): void {
    this.#begin(kind, value);
  }

  loaded(bytes: Uint8Array): void {
    if (this.#beginBytes(LOADED, bytes.length, bytes.length))
      this.#addBytes(0, bytes, bytes.length);
  }

  handler(address: number, signo: number): void {
    if (this.#begin(HANDLER, signo)) this.#numbers[this.#at++] = address;
  }

  answer(value: number): void {
    this.#begin(ANSWER, value);
  }

  /** A stretch has ended with the system call that is in the registers. */
  call(regs: PtRegs): void {
    // Most have few arguments: zeros at the end are left out.
    if (regs.r10 !== 0 || regs.r8 !== 0 || regs.r9 !== 0) {
      this.#longCall(regs);
      return;
    }
    const { di, si, dx } = regs;
    const n = dx !== 0 ? 3 : si !== 0 ? 2 : di !== 0 ? 1 : 0;
    if (!this.#begin(SYSCALL + n, regs.origAx)) return;
    const numbers = this.#numbers;
    const at = this.#at;
    // There is room for all of them.
    numbers[at] = di;
    numbers[at + 1] = si;
    numbers[at + 2] = dx;
    this.#at = at + n;
  }

  #longCall(regs: PtRegs): void {
    const { di, si, dx, r10, r8, r9 } = regs;
    const n = r9 !== 0 ? 6 : r8 !== 0 ? 5 : 4;
    if (!this.#begin(SYSCALL + n, regs.origAx)) return;
    const numbers = this.#numbers;
    const at = this.#at;
    numbers[at] = di;
    numbers[at + 1] = si;
    numbers[at + 2] = dx;
    numbers[at + 3] = r10;
    if (n > 4) numbers[at + 4] = r8;
    if (n > 5) numbers[at + 5] = r9;
    this.#at = at + n;
  }

  /** What a stretch has ended with that is no system call. */
  end({ done, value }: IteratorResult<UserRequest, unknown>): void {
    if (done === true) this.put(RETURN, typeof value === "number" ? value & 0xff : 0);
    else if (value instanceof ComputeRequest) this.put(COMPUTE, ComputeRequest.ns(value));
    else if (value instanceof AccessRequest) {
      const { addr, bytes, isStore } = AccessRequest.parts(value);
      const { length } = bytes;
      if (!this.#beginBytes(isStore ? STORE : LOAD, length, isStore ? length : 0)) return;
      this.#addBytes(addr, bytes, isStore ? length : 0);
    } else if (value instanceof AtomicRequest) {
      const { addr, kind, operand, expected } = AtomicRequest.parts(value);
      if (!this.#begin(ATOMIC, kind)) return;
      for (const number of [addr, operand, expected]) this.#numbers[this.#at++] = number;
    } else this.put(NO_REQUEST, 0);
  }

  /** All of it, from the beginning of the program's ancestors on. */
  read(): RecordReader {
    return new RecordReader(this.#sealed());
  }

  /** What the program itself has done: it began, or came out of a fork. */
  readOwn(): RecordReader {
    return new RecordReader(this.#sealed().slice(this.#shared));
  }

  /** The chunks as they are now; what comes later is not in them. */
  #sealed(): Chunk[] {
    const last = this.#chunks.length - 1;
    return this.#chunks.map((chunk, i) => (i === last ? { ...chunk, end: this.#at } : chunk));
  }

  /** Begins an entry, with room for all of it. */
  #begin(kind: number, value: number): boolean {
    if (this.#at + ENTRY_NUMBERS > this.#size && !this.#makeRoom(0)) return false;
    this.#putHead(kind, value);
    return true;
  }

  /** The same for one with `bytes` bytes. */
  #beginBytes(kind: number, value: number, bytes: number): boolean {
    const needed = ENTRY_NUMBERS + numbersFor(bytes);
    if (this.#at + needed > this.#size && !this.#makeRoom(bytes)) return false;
    this.#putHead(kind, value);
    return true;
  }

  #putHead(kind: number, value: number): void {
    if ((value & (PACKED_MAX - 1)) === value) {
      this.#numbers[this.#at++] = (value << KIND_BITS) | kind;
    } else {
      this.#numbers[this.#at++] = kind | IS_WIDE;
      this.#numbers[this.#at++] = value;
    }
  }

  #addBytes(addr: number, bytes: Uint8Array, n: number): void {
    this.#numbers[this.#at++] = addr;
    let at = this.#at * NUMBER_BYTES;
    this.#at += numbersFor(n);
    const target = this.#bytes;
    if (n > SHORT) target.set(n === bytes.length ? bytes : bytes.subarray(0, n), at);
    else for (let i = 0; i < n; i++) target[at++] = bytes[i]!;
  }

  /** Whether there is room for an entry with `bytes` bytes, if need be in a new chunk. */
  #makeRoom(bytes: number): boolean {
    if (this.#isFull) return false;
    const needed = ENTRY_NUMBERS + numbersFor(bytes);
    if (this.#at + needed <= this.#size) return true;
    const size = Math.max(needed, Math.min(this.#size * 4, CHUNK_NUMBERS));
    if (!this.#room.take(size) && this.#total + size > OWN_NUMBERS) {
      this.#isFull = true;
      this.#size = 0;
      return false;
    }
    this.#chunks.at(-1)!.end = this.#at;
    const chunk = newChunk(size);
    this.#chunks.push(chunk);
    this.#numbers = chunk.numbers;
    this.#bytes = chunk.bytes;
    this.#total += size;
    this.#size = size;
    this.#at = 0;
    return true;
  }
}

/** Reads a record from its beginning. */
export class RecordReader {
  readonly #chunks: readonly Chunk[];
  #index = -1;
  #numbers: Float64Array = NO_NUMBERS;
  #end = 0;
  #at = 0;
  /** Of the entry that was begun last. */
  kind = 0;
  value = 0;

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks.filter(({ end }) => end > 0);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end && this.#index + 1 === this.#chunks.length;
  }

  /** Begins the next entry: `kind` and `value` are its own. False: there is none. */
  next(): boolean {
    if (this.#at === this.#end && !this.#nextChunk()) return false;
    const head = this.#numbers[this.#at++]!;
    this.kind = head & KIND_MASK;
    this.value = (head & IS_WIDE) !== 0 ? this.#numbers[this.#at++]! : head >> KIND_BITS;
    return true;
  }

  /** The next number of the entry. */
  number(): number {
    return this.#numbers[this.#at++]!;
  }

  /** Its bytes, after all its numbers. */
  bytes(n: number): Uint8Array {
    const begin = this.#at * NUMBER_BYTES;
    this.#at += numbersFor(n);
    return this.#chunks[this.#index]!.bytes.slice(begin, begin + n);
  }

  /** Passes over the rest of an entry of which nothing but the beginning was read. */
  skip(): void {
    const { kind, value } = this;
    if (kind === PUSH || kind === PEEK || kind === STORE || kind === LOADED) {
      this.#at += 1 + numbersFor(value);
    } else if (kind === RESERVE || kind === LOAD || kind === HANDLER) this.#at++;
    else if (kind === ATOMIC) this.#at += 3;
    else if (isCall(kind)) this.#at += kind - SYSCALL;
  }

  #nextChunk(): boolean {
    const chunk = this.#chunks[this.#index + 1];
    if (chunk === undefined) return false;
    this.#index++;
    this.#numbers = chunk.numbers;
    this.#end = chunk.end;
    this.#at = 0;
    return true;
  }
}

const NO_NUMBERS = new Float64Array(0);

/** Whether an entry ends a stretch of the program. */
export function isEnd(kind: number): boolean {
  return kind >= RETURN && kind <= SYSCALL_LAST;
}

/** Whether an entry is a system call. */
export function isCall(kind: number): boolean {
  return kind >= SYSCALL && kind <= SYSCALL_LAST;
}

function newChunk(size: number): Chunk {
  const numbers = new Float64Array(size);
  return { numbers, bytes: new Uint8Array(numbers.buffer), end: 0 };
}

function numbersFor(bytes: number): number {
  return (bytes + NUMBER_BYTES - 1) >>> 3;
}
