import { readBig, readInt, writeInt } from "../bytes.ts";
import type { Arg } from "../scenario.ts";
import { recordFlags, recordSignal, SA_FLAGS, SA_RESTORER, SA_SIGINFO } from "../words.ts";
import {
  type Form,
  type Forms,
  input,
  intOf,
  listOf,
  numberOf,
  objectOf,
  output,
  type Target,
} from "./form.ts";

const SIGCHLD = 17;
const SI_QUEUE = -1;
const SIGINFO_BYTES = 128;
const SIGACTION_BYTES = 32;

function setOf(target: Target, arg: Arg | undefined): bigint {
  let set = 0n;
  for (const signal of listOf(arg)) set |= 1n << BigInt(numberOf(target, signal) - 1);
  return set;
}

function recordSet(bytes: Uint8Array, at: number): unknown[] {
  const set = readBig(bytes, at, "u64");
  const signals: unknown[] = [];
  for (let signo = 1; signo <= 64; signo++) {
    if ((set >> BigInt(signo - 1)) & 1n) signals.push(recordSignal(signo));
  }
  return signals;
}

const sigset: Form = (target, arg) => {
  const bytes = new Uint8Array(8);
  writeInt(bytes, 0, "u64", setOf(target, arg["sigset"]));
  return input(target, bytes);
};

const sigsetOut: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(8), (after) => recordSet(after, 0));

/** `struct kernel_sigaction`: handler, flags, restorer, mask. */
const sigaction: Form = (target, arg) => {
  const { handler, flags, mask } = objectOf(arg["sigaction"]);
  const bytes = new Uint8Array(SIGACTION_BYTES);
  const isRecord = handler === "record";
  const wanted = BigInt(intOf(target, flags));
  const added = BigInt(isRecord ? SA_SIGINFO | SA_RESTORER : SA_RESTORER);
  writeInt(bytes, 0, "u64", handlerOf(target, handler));
  writeInt(bytes, 8, "u64", wanted | added);
  writeInt(bytes, 16, "u64", target.restorer);
  writeInt(bytes, 24, "u64", mask === undefined ? 0 : setOf(target, mask));
  return input(target, bytes);
};

function handlerOf(target: Target, handler: Arg | undefined) {
  if (handler === "record") return target.recordHandler;
  if (handler === "SIG_DFL") return 0;
  if (handler === "SIG_IGN") return 1;
  return intOf(target, handler);
}

const sigactionOut: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(SIGACTION_BYTES), (after) => {
    const flags = readInt(after, 8, "u64");
    return {
      handler: recordHandler(target, readInt(after, 0, "u64")),
      flags: recordFlags(flags & ~(SA_SIGINFO | SA_RESTORER), SA_FLAGS),
      mask: recordSet(after, 24),
    };
  });

function recordHandler(target: Target, address: number): unknown {
  if (address === 0) return "SIG_DFL";
  if (address === 1) return "SIG_IGN";
  return address === target.recordHandler ? "record" : address;
}

const siginfo: Form = (target, arg) => {
  const { signo, code, pid, uid, value } = objectOf(arg["siginfo"]);
  const bytes = new Uint8Array(SIGINFO_BYTES);
  writeInt(bytes, 0, "s32", intOf(target, signo));
  writeInt(bytes, 8, "s32", intOf(target, code));
  writeInt(bytes, 16, "s32", intOf(target, pid));
  writeInt(bytes, 20, "u32", intOf(target, uid));
  writeInt(bytes, 24, "u64", intOf(target, value));
  return input(target, bytes);
};

const siginfoOut: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(SIGINFO_BYTES), (after) => {
    const signo = readInt(after, 0, "s32");
    if (signo === 0) return { signo: 0, pid: 0 };
    const code = readInt(after, 8, "s32");
    return {
      signo: recordSignal(signo),
      code,
      pid: target.symbols.recordPid(readInt(after, 16, "s32")),
      uid: readInt(after, 20, "u32"),
      ...(signo === SIGCHLD ? { status: readInt(after, 24, "s32") } : {}),
      ...(code === SI_QUEUE ? { value: readInt(after, 24, "s32") } : {}),
    };
  });

/** No status that a kernel writes: it tells whether one was written. */
const NO_STATUS = 0x7fff_fff1;

const wstatus: Form = (target, _arg, key) => {
  const before = new Uint8Array(4);
  writeInt(before, 0, "u32", NO_STATUS);
  return output(target, key, before, (after) => {
    const status = readInt(after, 0, "u32");
    return status === NO_STATUS ? undefined : recordWaitStatus(status);
  });
};

/** What a wait status says. */
export function recordWaitStatus(status: number): unknown {
  if (status === 0xffff) return { continued: true };
  const signo = status & 0x7f;
  if (signo === 0) return { exited: (status >> 8) & 0xff };
  if (signo === 0x7f) return { stopped: recordSignal((status >> 8) & 0xff) };
  return { signaled: recordSignal(signo) };
}

export const SIGNAL_FORMS: Forms = {
  sigset,
  sigset_out: sigsetOut,
  sigaction,
  sigaction_out: sigactionOut,
  siginfo,
  siginfo_out: siginfoOut,
  wstatus,
};
