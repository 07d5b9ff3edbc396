import { EFAULT } from "../../../include/errno.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyFromUser, copyToUser, getUser32 } from "../../../mm/uaccess.ts";
import { andThen, call, narrow, Scratch, widen, words32 } from "./compat-translate.ts";

type Sets = readonly [number, number, number];

/** select and its relatives. @linux fs/select.c, its compat part (6.18) */
export const selectCompatSyscalls: SyscallTable = {
  _newselect: select32,
  select: (task, block) => {
    const args = words32(task, block, 5)?.map((word) => word >>> 0);
    if (args === undefined) return -EFAULT;
    const [n, inp, outp, exp, time] = args;
    return select32(task, n!, inp!, outp!, exp!, time!);
  },
  pselect6: (task, n, inp, outp, exp, time, sig) =>
    pselect(task, n, [inp, outp, exp], time, sig, true),
  pselect6_time64: (task, n, inp, outp, exp, time, sig) =>
    pselect(task, n, [inp, outp, exp], time, sig, false),
};

function select32(
  task: Task,
  n: number,
  inp: number,
  outp: number,
  exp: number,
  time: number,
): SysResult {
  const scratch = new Scratch(task);
  const wideTime = widen(task, scratch, time, 2);
  if (wideTime < 0) return wideTime;
  return withSets(task, scratch, n, [inp, outp, exp], (sets) =>
    andThen(call(task, "select", n, ...sets, wideTime), (result) => {
      // The time that is left; a fault here is not told.
      if (wideTime !== 0) narrow(task, wideTime, time, 2);
      return result;
    }),
  );
}

/** The sixth argument leads to the mask and its size, in words of 32 bits. */
function pselect(
  task: Task,
  n: number,
  sets: Sets,
  time: number,
  sig: number,
  isTime32: boolean,
): SysResult {
  const scratch = new Scratch(task);
  let wideSig = 0;
  if (sig !== 0) {
    const mask = getUser32(task, sig);
    const size = getUser32(task, sig + 4);
    if (mask === undefined || size === undefined) return -EFAULT;
    wideSig = scratch.put([mask >>> 0, size >>> 0]);
  }
  const wideTime = isTime32 ? widen(task, scratch, time, 2) : time;
  if (wideTime < 0) return wideTime;
  return withSets(task, scratch, n, sets, (wide) =>
    andThen(call(task, "pselect6", n, ...wide, wideTime, wideSig), (result) => {
      if (isTime32 && wideTime !== 0) narrow(task, wideTime, time, 2);
      return result;
    }),
  );
}

/**
 * Sets of words of 32 bits have no rest that a word of 64 bits would reach over.
 *
 * @linux fs/select.c `compat_core_sys_select` (6.18)
 */
function withSets(
  task: Task,
  scratch: Scratch,
  n: number,
  sets: Sets,
  ask: (sets: Sets) => SysResult,
): SysResult {
  const count = Math.min(Math.max(n | 0, 0), task.files.maxFds);
  const bytes = Math.ceil(count / 32) * 4;
  const wide = sets.map((set) => (set === 0 ? 0 : wideSet(task, scratch, set, bytes)));
  return andThen(ask(wide as unknown as Sets), (result) => {
    if (result < 0) return result;
    for (const [i, set] of sets.entries()) {
      if (set === 0) continue;
      const answer = copyFromUser(task, wide[i]!, bytes);
      if (typeof answer === "number" || copyToUser(task, set, answer) < 0) return -EFAULT;
    }
    return result;
  });
}

/** Where the set lies in whole words of 64 bits. One that cannot be read stays where it is: the call will see. */
function wideSet(task: Task, scratch: Scratch, set: number, bytes: number): number {
  const asked = copyFromUser(task, set, bytes);
  if (typeof asked === "number") return set;
  const padded = new Uint8Array(Math.ceil(bytes / 8) * 8);
  padded.set(asked);
  return scratch.bytes(new DataView(padded.buffer));
}
