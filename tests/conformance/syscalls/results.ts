import type { Output } from "./forms/form.ts";
import type { Symbols } from "./symbols.ts";
import { recordErrno } from "./words.ts";

const ERRNO_MAX = 4095;
const O_LARGEFILE = 0x8000;
const F_GETFL = 3;

const PID_CALLS: readonly string[] = [
  ...["getpid", "gettid", "getppid", "getpgrp", "getpgid", "getsid", "setsid", "set_tid_address"],
  ...["wait4", "fork", "vfork", "clone", "clone3"],
];
const ADDRESS_CALLS: readonly string[] = ["mmap", "mremap", "brk", "shmat"];

export function isError(ret: number): boolean {
  return ret < 0 && ret >= -ERRNO_MAX;
}

export function isAddressCall(call: string): boolean {
  return ADDRESS_CALLS.includes(call);
}

/** A system call that returned: what it was asked, and what it answered. */
export interface Returned {
  readonly call: string;
  readonly nr: number;
  readonly args: readonly number[];
  readonly ret: number;
  readonly outs: readonly Output[];
  readonly isOutputOfErrors: boolean;
}

/** The result of a step as the corpus records it. */
export function recordReturn(symbols: Symbols, returned: Returned): Record<string, unknown> {
  const { ret, isOutputOfErrors } = returned;
  if (!isError(ret)) return { ret: recordValue(symbols, returned), ...recordOuts(returned) };
  const err = recordErrno(-ret);
  return isOutputOfErrors ? { err, ...recordOuts(returned) } : { err };
}

function recordOuts({ outs, ret }: Returned): { out?: Record<string, unknown> } {
  const out: Record<string, unknown> = {};
  for (const { key, record } of outs) {
    const recorded = record(ret);
    if (recorded !== undefined) out[key] = recorded;
  }
  return Object.keys(out).length === 0 ? {} : { out };
}

function recordValue(symbols: Symbols, { call, nr, args, ret }: Returned): unknown {
  if (ADDRESS_CALLS.includes(call)) return recordNewAddress(symbols, call, args[0] ?? 0, ret);
  if (call === "fcntl" && args[1] === F_GETFL) return ret & ~O_LARGEFILE;
  // A call that seccomp has trapped answers its own number.
  if (PID_CALLS.includes(call) && !(ret === nr && !symbols.hasPid(ret))) {
    return symbols.recordPid(ret);
  }
  return ret;
}

function recordNewAddress(symbols: Symbols, call: string, asked: number, ret: number): unknown {
  if (asked !== 0 && ret === asked) return { addr: "req" };
  const variable = call === "brk" ? symbols.variableHolding(ret) : undefined;
  return { addr: variable ?? "new" };
}
