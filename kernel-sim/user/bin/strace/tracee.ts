import {
  PTRACE_GET_SYSCALL_INFO,
  PTRACE_GETEVENTMSG,
  PTRACE_GETSIGINFO,
  PTRACE_PEEKUSR,
} from "../../../include/uapi/ptrace.ts";
import { fromUtf8 } from "../../marshal.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";

/** Where `struct user` keeps them. */
const ORIG_RAX = 120;
const CS = 136;
const USER32_CS = 0x23;
const SYSCALL_INFO_BYTES = 88;
const INFO_ENTRY = 1;
const INFO_EXIT = 2;
const AUDIT_ARCH_I386 = 0x40000003;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;

/** What a stopped process is about to do, or has done. */
export type SyscallStop =
  | {
      readonly kind: "entry";
      readonly is32: boolean;
      readonly nr: number;
      readonly args: readonly number[];
    }
  | {
      readonly kind: "exit";
      readonly is32: boolean;
      readonly result: number;
      readonly isError: boolean;
    }
  | { readonly kind: "none"; readonly is32: boolean };

/** Reads what a traced process holds, by ptrace(2) and process_vm_readv(2). */
export class Tracee {
  readonly #sys: Sys;
  /** A page of our own into which the other's bytes come. */
  readonly #page: number;

  private constructor(sys: Sys, page: number) {
    this.#sys = sys;
    this.#page = page;
  }

  static *reader(sys: Sys): SysCall<Tracee> {
    return new Tracee(sys, yield* sys.mmap(0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS));
  }

  /** Why it has stopped at a system call. */
  *syscallStop(pid: number): SysCall<SyscallStop> {
    const info = new Uint8Array(SYSCALL_INFO_BYTES);
    yield* this.#sys.call("ptrace", PTRACE_GET_SYSCALL_INFO, pid, info.length, info);
    const view = new DataView(info.buffer);
    const is32 = view.getUint32(4, true) === AUDIT_ARCH_I386;
    const word = (at: number) => Number(view.getBigInt64(at, true));
    if (info[0] === INFO_ENTRY) {
      return { kind: "entry", is32, nr: word(24), args: [32, 40, 48, 56, 64, 72].map(word) };
    }
    if (info[0] === INFO_EXIT) {
      const result = Number(view.getBigInt64(24, true));
      return { kind: "exit", is32, result, isError: info[32] !== 0 };
    }
    return { kind: "none", is32 };
  }

  /** The call that a process which has just been stopped was in; -1: none. */
  *callInProgress(pid: number): SysCall<{ readonly is32: boolean; readonly nr: number }> {
    const word = new Uint8Array(8);
    const view = new DataView(word.buffer);
    if ((yield* this.#sys.call("ptrace", PTRACE_PEEKUSR, pid, CS, word)) < 0)
      return { is32: false, nr: -1 };
    const is32 = view.getUint32(0, true) === USER32_CS;
    yield* this.#sys.call("ptrace", PTRACE_PEEKUSR, pid, ORIG_RAX, word);
    return { is32, nr: view.getInt32(0, true) };
  }

  /** What came with an event: the new child's pid. */
  *eventMessage(pid: number): SysCall {
    const message = new Uint8Array(8);
    yield* this.#sys.call("ptrace", PTRACE_GETEVENTMSG, pid, 0, message);
    return new DataView(message.buffer).getUint32(0, true);
  }

  /** The `siginfo_t` of the signal that it has stopped for; undefined for a group stop. */
  *siginfo(pid: number): SysCall<DataView | undefined> {
    const info = new Uint8Array(128);
    const done = yield* this.#sys.call("ptrace", PTRACE_GETSIGINFO, pid, 0, info);
    return done < 0 ? undefined : new DataView(info.buffer);
  }

  /** Up to `n` bytes at `addr`, as many as are there; at most a page. */
  *bytes(pid: number, addr: number, n: number): SysCall<Uint8Array> {
    if (addr === 0 || n <= 0) return new Uint8Array(0);
    const length = Math.min(n, PAGE);
    const local = iovec(this.#page, length);
    const remote = iovec(addr, length);
    const done = yield* this.#sys.call("process_vm_readv", pid, local, 1, remote, 1, 0);
    if (done <= 0) return new Uint8Array(0);
    return yield* this.#sys.load(this.#page, done);
  }

  /** A C string of at most `max` bytes, undefined when nothing can be read. */
  *text(pid: number, addr: number, max: number): SysCall<string | undefined> {
    const pieces: number[] = [];
    let at = addr;
    while (pieces.length < max) {
      // Not across the end of a page, behind which nothing may be.
      const piece = yield* this.bytes(pid, at, Math.min(max - pieces.length, PAGE - (at % PAGE)));
      if (piece.length === 0)
        return pieces.length === 0 ? undefined : fromUtf8(Uint8Array.from(pieces));
      const end = piece.indexOf(0);
      pieces.push(...(end === -1 ? piece : piece.subarray(0, end)));
      if (end !== -1) break;
      at += piece.length;
    }
    return fromUtf8(Uint8Array.from(pieces));
  }
}

function iovec(base: number, length: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigUint64(0, BigInt(base), true);
  view.setBigUint64(8, BigInt(length), true);
  return new Uint8Array(view.buffer);
}
