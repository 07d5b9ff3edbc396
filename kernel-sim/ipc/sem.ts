import { EAGAIN, EFBIG, EIDRM, EINTR, EINVAL, ENOSPC, ERANGE } from "../include/errno.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { scheduleTimeout } from "../kernel/wait.ts";
import type { IpcNamespace } from "./namespace.ts";
import { IPC_NOWAIT, ipcGet, ipcSeconds, type KernIpcPerm, newIpcPerm } from "./util.ts";

export const SEM_UNDO = 0x1000;
/** A semaphore's greatest value, and the greatest correction at exit. */
export const SEMVMX = 32_767;
const SEMAEM = SEMVMX;
/** Semaphores in a set, sets, semaphores in all, operations in a call (`/proc/sys/kernel/sem`). */
export const SEMMSL = 32_000;
export const SEMMNI = 32_000;
export const SEMMNS = 1_024_000_000;
export const SEMOPM = 500;

/** One operation of semop(2): `struct sembuf`. */
export interface Sembuf {
  readonly num: number;
  readonly op: number;
  readonly flg: number;
}

/** A task that waits until its operations are possible. @linux ipc/sem.c `struct sem_queue` */
interface SemWaiter {
  readonly task: Task;
  readonly sops: readonly Sembuf[];
  readonly undo: Int32Array | undefined;
  /** The operation that could not be done at the last try. */
  blocking: Sembuf;
  /** What the call answers, once it is known. */
  status: number | undefined;
}

/**
 * A set of semaphores.
 *
 * @linux ipc/sem.c `struct sem_array` (6.18)
 */
export class SemArray {
  readonly perm: KernIpcPerm;
  readonly values: Int32Array;
  /** Who changed each last. */
  readonly pids: Int32Array;
  /** Of the last operation and the last change, in s since 1970. */
  otime = 0;
  ctime: number;
  /** Waiters for a zero go before those who would change something. */
  readonly pendingConst: SemWaiter[] = [];
  readonly pendingAlter: SemWaiter[] = [];

  constructor(perm: KernIpcPerm, nsems: number, ctime: number) {
    this.perm = perm;
    this.values = new Int32Array(nsems);
    this.pids = new Int32Array(nsems);
    this.ctime = ctime;
  }
}

/** What is to be undone when the tasks that share it have ended, by set. @linux ipc/sem.c `struct sem_undo_list` */
export class SemUndoList {
  readonly #adjustments = new Map<SemArray, Int32Array>();
  users = 1;

  of(sma: SemArray): Int32Array {
    let adjustments = this.#adjustments.get(sma);
    if (adjustments === undefined) {
      adjustments = new Int32Array(sma.values.length);
      this.#adjustments.set(sma, adjustments);
    }
    return adjustments;
  }

  forget(sma: SemArray): void {
    this.#adjustments.delete(sma);
  }

  reset(sma: SemArray, num: number | undefined): void {
    const adjustments = this.#adjustments.get(sma);
    if (num === undefined) adjustments?.fill(0);
    else if (adjustments !== undefined) adjustments[num] = 0;
  }

  entries(): Iterable<[SemArray, Int32Array]> {
    return this.#adjustments;
  }
}

/** semget(2). @linux ipc/sem.c `ksys_semget` (6.18) */
export function semget(task: Task, key: number, nsems: number, flags: number): number {
  const { ipc } = task.nsproxy;
  if (nsems < 0 || nsems > SEMMSL) return -EINVAL;
  return ipcGet(
    task,
    ipc.semIds,
    key,
    flags,
    () => newary(task, ipc, key, nsems, flags),
    (sma) => (nsems > sma.values.length ? -EINVAL : 0),
  );
}

function newary(task: Task, ipc: IpcNamespace, key: number, nsems: number, flags: number): number {
  if (nsems === 0) return -EINVAL;
  if (ipc.usedSems + nsems > SEMMNS) return -ENOSPC;
  const sma = new SemArray(newIpcPerm(key, flags), nsems, ipcSeconds(task));
  const id = ipc.semIds.add(task, sma, SEMMNI);
  if (id >= 0) ipc.usedSems += nsems;
  return id;
}

/**
 * Does all operations at once or none, sleeping until they are possible.
 *
 * @linux ipc/sem.c `__do_semtimedop` (6.18)
 */
export function doSemop(
  task: Task,
  sma: SemArray,
  sops: readonly Sembuf[],
  end: number,
): SysResult {
  if (sops.some(({ num }) => num >= sma.values.length)) return -EFBIG;
  const isAlter = sops.some(({ op }) => op !== 0);
  const wantsUndo = sops.some(({ flg }) => (flg & SEM_UNDO) !== 0);
  const undo = wantsUndo ? undoList(task).of(sma) : undefined;
  const waiter: SemWaiter = { task, sops, undo, blocking: sops[0]!, status: undefined };
  const result = performAtomic(sma, waiter);
  if (result === 0) {
    sma.otime = ipcSeconds(task);
    if (isAlter) updateQueues(sma);
    return 0;
  }
  return result === undefined ? sleep(task, sma, waiter, isAlter, end) : result;
}

function* sleep(
  task: Task,
  sma: SemArray,
  waiter: SemWaiter,
  isAlter: boolean,
  end: number,
): MaySleep<number> {
  const queue = isAlter ? sma.pendingAlter : sma.pendingConst;
  queue.push(waiter);
  for (;;) {
    if (waiter.status !== undefined) return waiter.status;
    if (task.hasSignalPending() || task.kernel.now() >= end) {
      unlink(queue, waiter);
      return task.kernel.now() >= end ? -EAGAIN : -EINTR;
    }
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
}

/** 0 when done, an errno, undefined when it must wait; nothing is changed but by success. @linux `perform_atomic_semop` */
function performAtomic(sma: SemArray, waiter: SemWaiter): number | undefined {
  const { sops, undo } = waiter;
  const values = sma.values.slice();
  const adjustments = undo?.slice();
  for (const sop of sops) {
    const value = values[sop.num]!;
    const result = value + sop.op;
    if ((sop.op === 0 && value !== 0) || result < 0) {
      waiter.blocking = sop;
      return (sop.flg & IPC_NOWAIT) !== 0 ? -EAGAIN : undefined;
    }
    if (result > SEMVMX) return -ERANGE;
    if ((sop.flg & SEM_UNDO) !== 0 && adjustments !== undefined) {
      const adjustment = adjustments[sop.num]! - sop.op;
      if (adjustment < -SEMAEM - 1 || adjustment > SEMAEM) return -ERANGE;
      adjustments[sop.num] = adjustment;
    }
    values[sop.num] = result;
  }
  sma.values.set(values);
  if (adjustments !== undefined) undo?.set(adjustments);
  for (const { num } of sops) sma.pids[num] = waiter.task.tgid;
  return 0;
}

/**
 * After a change: first those who wait for a zero, then the others in the order in which they came, anew
 * after each that has changed something.
 *
 * @linux ipc/sem.c `do_smart_update` (6.18)
 */
export function updateQueues(sma: SemArray): void {
  let hasChanged = true;
  while (hasChanged) {
    hasChanged = false;
    for (const waiter of [...sma.pendingConst]) tryWaiter(sma, sma.pendingConst, waiter);
    for (const waiter of [...sma.pendingAlter]) {
      if (tryWaiter(sma, sma.pendingAlter, waiter) !== 0) continue;
      hasChanged = true;
      break;
    }
  }
}

function tryWaiter(sma: SemArray, queue: SemWaiter[], waiter: SemWaiter): number | undefined {
  const result = performAtomic(sma, waiter);
  if (result === undefined) return undefined;
  unlink(queue, waiter);
  if (result === 0) sma.otime = ipcSeconds(waiter.task);
  finish(waiter, result);
  return result;
}

function finish(waiter: SemWaiter, status: number): void {
  waiter.status = status;
  waiter.task.kernel.sched.tryToWakeUp(waiter.task, TASK_NORMAL);
}

function unlink(queue: SemWaiter[], waiter: SemWaiter): void {
  const at = queue.indexOf(waiter);
  if (at >= 0) queue.splice(at, 1);
}

/** Waiters whose last try stopped at semaphore `num`, for GETNCNT and GETZCNT. @linux ipc/sem.c `count_semcnt` */
export function countWaiters(sma: SemArray, num: number, forZero: boolean): number {
  return [...sma.pendingAlter, ...sma.pendingConst].filter(
    ({ blocking }) => blocking.num === num && (forZero ? blocking.op === 0 : blocking.op < 0),
  ).length;
}

/** IPC_RMID: whoever waits finds EIDRM. @linux ipc/sem.c `freeary` */
export function freeary(ipc: IpcNamespace, sma: SemArray): void {
  ipc.semIds.remove(sma);
  ipc.usedSems -= sma.values.length;
  for (const list of ipc.semUndoLists) list.forget(sma);
  for (const waiter of [...sma.pendingConst.splice(0), ...sma.pendingAlter.splice(0)]) {
    finish(waiter, -EIDRM);
  }
}

function undoList(task: Task): SemUndoList {
  let list = task.sysvSem as SemUndoList | undefined;
  if (list === undefined) {
    list = new SemUndoList();
    task.sysvSem = list;
    task.nsproxy.ipc.semUndoLists.add(list);
  }
  return list;
}

/** The last task that shares an undo list takes its operations back. @linux ipc/sem.c `exit_sem` (6.18) */
export function exitSem(task: Task): void {
  const list = task.sysvSem as SemUndoList | undefined;
  task.sysvSem = undefined;
  if (list === undefined) return;
  list.users--;
  if (list.users > 0) return;
  task.nsproxy.ipc.semUndoLists.delete(list);
  for (const [sma, adjustments] of list.entries()) {
    adjustments.forEach((adjustment, num) => {
      if (adjustment === 0) return;
      sma.values[num] = Math.min(Math.max(sma.values[num]! + adjustment, 0), SEMVMX);
      sma.pids[num] = task.tgid;
    });
    updateQueues(sma);
  }
}

/** A child born with CLONE_SYSVSEM shares the list of its parent. @linux ipc/sem.c `copy_semundo` */
export function copySemundo(task: Task, child: Task): void {
  const list = undoList(task);
  list.users++;
  child.sysvSem = list;
}
