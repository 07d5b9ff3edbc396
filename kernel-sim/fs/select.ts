import { EBADF, EFAULT, EINVAL, ERESTARTNOHAND } from "../include/errno.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLNVAL,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from "../include/uapi/poll.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { selectEstimateAccuracy } from "../kernel/time/sleep-timeout.ts";
import { copyFromUser, copyToUser, getUint64, structFromUser } from "../mm/uaccess.ts";
import { vfsPoll } from "./poll.ts";
import {
  type EndTime,
  endTimeFromTimespec,
  endTimeFromTimeval,
  pollSelectFinish,
  setUserSigmask,
} from "./poll-timeout.ts";
import { PollWqueues } from "./poll-wqueues.ts";

/** What makes a descriptor readable, writable, exceptional for select. */
const POLLIN_SET = EPOLLNVAL | EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR;
const POLLOUT_SET = EPOLLNVAL | EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR;
const POLLEX_SET = EPOLLNVAL | EPOLLPRI;
const SETS: readonly number[] = Object.freeze([POLLIN_SET, POLLOUT_SET, POLLEX_SET]);

/** The three sets of a call, as bytes; undefined where the caller gave none. */
interface FdSets {
  readonly n: number;
  readonly addrs: readonly number[];
  readonly asked: readonly (Uint8Array | undefined)[];
  readonly answered: readonly (Uint8Array | undefined)[];
}

/** @linux fs/select.c `select` (6.18) @spec select(2) */
function sysSelect(
  task: Task,
  n: number,
  inp: number,
  outp: number,
  exp: number,
  tvp: number,
): SysResult {
  const end = endTimeFromTimeval(task, tvp);
  if (end < 0) return end;
  const result = coreSysSelect(task, n | 0, [inp, outp, exp], end);
  return finishLater(result, (value) => pollSelectFinish(task, end, tvp, 1000, value));
}

/** @linux fs/select.c `pselect6` (6.18) @spec pselect(2) */
function sysPselect6(
  task: Task,
  n: number,
  inp: number,
  outp: number,
  exp: number,
  tsp: number,
  sig: number,
): SysResult {
  // The sixth argument leads to two more: the mask and its size.
  let sigmask = 0;
  let sigsetsize = 0;
  if (sig !== 0) {
    const pack = structFromUser(task, sig, 16);
    if (typeof pack === "number") return pack;
    sigmask = getUint64(pack, 0);
    sigsetsize = getUint64(pack, 8);
  }
  const end = endTimeFromTimespec(task, tsp);
  if (end < 0) return end;
  const error = setUserSigmask(task, sigmask, sigsetsize);
  if (error < 0) return error;
  const result = coreSysSelect(task, n | 0, [inp, outp, exp], end);
  return finishLater(result, (value) => pollSelectFinish(task, end, tsp, 1, value));
}

function finishLater(result: SysResult, finish: (value: number) => number): SysResult {
  if (!isSleeping(result)) return finish(result);
  return (function* () {
    return finish(yield* result);
  })();
}

/** @linux fs/select.c `core_sys_select` (6.18) */
function coreSysSelect(
  task: Task,
  nfds: number,
  addrs: readonly number[],
  end: EndTime,
): SysResult {
  if (nfds < 0) return -EINVAL;
  // What lies beyond the table is not looked at, and its bits stay as they are.
  const n = Math.min(nfds, task.files.maxFds);
  const bytes = Math.ceil(n / 64) * 8;
  const asked: (Uint8Array | undefined)[] = [];
  for (const addr of addrs) {
    if (addr === 0) {
      asked.push(undefined);
      continue;
    }
    const set = copyFromUser(task, addr, bytes);
    if (typeof set === "number") return set;
    asked.push(set);
  }
  const answered = asked.map((set) => (set === undefined ? undefined : new Uint8Array(bytes)));
  return doSelect(task, { n, addrs, asked, answered }, end);
}

/** @linux fs/select.c `do_select` (6.18) */
function doSelect(task: Task, sets: FdSets, end: EndTime): SysResult {
  const fds = askedFds(task, sets);
  if (fds === undefined) return -EBADF;
  const wqueues = end === 0 ? undefined : new PollWqueues(task);
  const count = scan(task, sets, fds, wqueues);
  if (count > 0 || wqueues === undefined || task.hasSignalPending()) {
    wqueues?.free();
    return finishSelect(task, sets, count);
  }
  return sleepingSelect(task, sets, fds, wqueues, end);
}

function* sleepingSelect(
  task: Task,
  sets: FdSets,
  fds: readonly number[],
  wqueues: PollWqueues,
  end: EndTime,
): MaySleep<number> {
  const slackNs = end === Infinity ? 0 : selectEstimateAccuracy(task, end - task.kernel.now());
  for (;;) {
    const isTimedOut = !(yield* wqueues.scheduleTimeout(end, slackNs));
    const count = scan(task, sets, fds, undefined);
    if (count > 0 || isTimedOut || task.hasSignalPending()) {
      wqueues.free();
      return finishSelect(task, sets, count);
    }
  }
}

/** All descriptors in the sets, ascending; undefined when one is not open. @linux fs/select.c `max_select_fd` */
function askedFds(task: Task, { n, asked }: FdSets): number[] | undefined {
  const fds: number[] = [];
  for (let fd = 0; fd < n; fd++) {
    if (!asked.some((set) => hasBit(set, fd))) continue;
    if (task.files.get(fd) === undefined && !task.files.isReserved(fd)) return undefined;
    fds.push(fd);
  }
  return fds;
}

function scan(
  task: Task,
  { asked, answered }: FdSets,
  fds: readonly number[],
  wqueues: PollWqueues | undefined,
): number {
  let count = 0;
  for (const fd of fds) {
    const file = task.files.fget(fd);
    const table = count === 0 ? wqueues : undefined;
    if (table !== undefined) table.key = keyOf(asked, fd);
    const mask = file === undefined ? EPOLLNVAL : vfsPoll(file, table);
    for (let i = 0; i < SETS.length; i++) {
      if ((mask & SETS[i]!) === 0 || !hasBit(asked[i], fd)) continue;
      answered[i]![fd >> 3]! |= 1 << (fd & 7);
      count++;
    }
  }
  return count;
}

/** What the caller wants to be woken for at `fd`; for an exception always. */
function keyOf(asked: FdSets["asked"], fd: number): number {
  let key = POLLEX_SET;
  if (hasBit(asked[0], fd)) key |= POLLIN_SET;
  if (hasBit(asked[1], fd)) key |= POLLOUT_SET;
  return key;
}

function hasBit(set: Uint8Array | undefined, bit: number): boolean {
  return set !== undefined && (set[bit >> 3]! & (1 << (bit & 7))) !== 0;
}

function finishSelect(task: Task, { addrs, answered }: FdSets, count: number): number {
  if (count === 0 && task.hasSignalPending()) return -ERESTARTNOHAND;
  for (const [i, set] of answered.entries()) {
    if (set !== undefined && copyToUser(task, addrs[i]!, set) < 0) return -EFAULT;
  }
  return count;
}

export const selectSyscalls: SyscallTable = Object.freeze({
  select: sysSelect,
  pselect6: sysPselect6,
});
