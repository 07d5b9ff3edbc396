import { EACCES, EAGAIN, EINVAL } from "../include/errno.ts";
import { CAP_LEASE } from "../include/uapi/capability.ts";
import { F_OWNER_PID, O_ACCMODE, O_NONBLOCK, O_RDONLY, O_TRUNC } from "../include/uapi/fcntl.ts";
import { POLL_MSG } from "../include/uapi/siginfo.ts";
import { capable } from "../kernel/cred.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEventInterruptibleTimeout } from "../kernel/wait.ts";
import { FasyncList, fasyncHelper, killFasync } from "./fasync.ts";
import { type File, FMODE_READ, FMODE_WRITE, type Inode, S_IFREG } from "./fs.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK, lockContext } from "./lock-struct.ts";
import { fsSysctl } from "./sysctl.ts";

/** An open file that is told before others open the same file in a way that disturbs it. */
interface Lease {
  readonly file: File;
  type: number;
  /** What it is asked to become. */
  pending: "unlock" | "downgrade" | undefined;
  readonly fasync: FasyncList;
  readonly wait: WaitQueueHead;
}

function leasesOf(inode: Inode): Lease[] {
  const { kernel } = inode.sb;
  return kernel.subsystem("leases", () => new Map<Inode, Lease[]>()).get(inode) ?? [];
}

function setLeases(inode: Inode, leases: Lease[]): void {
  const all = inode.sb.kernel.subsystem("leases", () => new Map<Inode, Lease[]>());
  lockContext(inode);
  if (leases.length === 0) all.delete(inode);
  else all.set(inode, leases);
}

/**
 * Waits until nobody holds a lease on `inode` that an open with `flags` breaks.
 *
 * @linux fs/locks.c `__break_lease` (6.18)
 */
export function breakLease(task: Task, inode: Inode, flags: number): SysResult {
  // Most files have never had a lease, nor a lock.
  if (inode.flctx === undefined) return 0;
  const wantsWrite = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
  const broken = conflicting(inode, wantsWrite);
  if (broken.length === 0) return 0;
  for (const lease of broken) {
    const pending = wantsWrite ? "unlock" : "downgrade";
    if (lease.pending === pending || lease.pending === "unlock") continue;
    lease.pending = pending;
    killFasync(lease.fasync, POLL_MSG);
  }
  if ((flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return waitForHolders(task, inode, wantsWrite);
}

function conflicting(inode: Inode, wantsWrite: boolean): Lease[] {
  return leasesOf(inode).filter(({ type }) => type === F_WRLCK || wantsWrite);
}

function* waitForHolders(task: Task, inode: Inode, wantsWrite: boolean): MaySleep<number> {
  const timeoutNs = fsSysctl(task.kernel).leaseBreakTimeSec * 1e9;
  for (;;) {
    const lease = conflicting(inode, wantsWrite)[0];
    if (lease === undefined) return 0;
    const isGone = () => !conflicting(inode, wantsWrite).includes(lease);
    const left = yield* waitEventInterruptibleTimeout(task, lease.wait, isGone, timeoutNs);
    if (left < 0) return left;
    // Who does not answer in time loses what he holds.
    if (left === 0) changeLease(inode, lease, wantsWrite ? F_UNLCK : F_RDLCK);
  }
}

function changeLease(inode: Inode, lease: Lease, type: number): void {
  lease.type = type;
  lease.pending = undefined;
  if (type === F_UNLCK)
    setLeases(
      inode,
      leasesOf(inode).filter((other) => other !== lease),
    );
  lease.wait.wakeUpAll();
}

/** What `file` has, or will have when a break has run its course. @linux fs/locks.c `fcntl_getlease` (6.18) */
export function fcntlGetlease(_task: Task, file: File): number {
  const lease = leasesOf(file.inode).find((held) => held.file === file);
  if (lease === undefined || lease.pending === "unlock") return F_UNLCK;
  return lease.pending === "downgrade" ? F_RDLCK : lease.type;
}

/** @linux fs/locks.c `fcntl_setlease`, `generic_setlease` (6.18) */
export function fcntlSetlease(task: Task, fd: number, file: File, type: number): number {
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -EINVAL;
  const { inode } = file;
  if (inode.uid !== task.cred.fsuid && !capable(task.cred, CAP_LEASE)) return -EACCES;
  if (inode.type !== S_IFREG) return -EINVAL;
  const mine = leasesOf(inode).find((held) => held.file === file);
  if (type === F_UNLCK) {
    if (mine === undefined) return -EAGAIN;
    releaseLease(file);
    return 0;
  }
  if (isOpenOtherwise(file, type)) return -EAGAIN;
  const others = leasesOf(inode).filter((held) => held !== mine);
  if (others.length > 0 && type === F_WRLCK) return -EAGAIN;
  if (others.some(({ pending }) => pending === "unlock")) return -EAGAIN;
  if (mine !== undefined) {
    changeLease(inode, mine, type);
    return 0;
  }
  const lease: Lease = {
    file,
    type,
    pending: undefined,
    fasync: new FasyncList(),
    wait: new WaitQueueHead(),
  };
  setLeases(inode, [...leasesOf(inode), lease]);
  fasyncHelper(fd, file, true, lease.fasync);
  file.owner ??= {
    pid: task.groupLeader.threadPid,
    type: F_OWNER_PID,
    uid: task.cred.uid,
    euid: task.cred.euid,
    signum: 0,
  };
  return 0;
}

/** @linux fs/locks.c `check_conflicting_open` (6.18) */
function isOpenOtherwise(file: File, type: number): boolean {
  const { inode } = file;
  if (type === F_RDLCK) return inode.writecount > 0;
  const isWriter = (file.mode & FMODE_WRITE) !== 0;
  const isReader = !isWriter && (file.mode & FMODE_READ) !== 0;
  return inode.writecount !== (isWriter ? 1 : 0) || inode.readcount !== (isReader ? 1 : 0);
}

/** The open file gives back its lease, or is closed. */
export function releaseLease(file: File): void {
  const lease = leasesOf(file.inode).find((held) => held.file === file);
  if (lease === undefined) return;
  fasyncHelper(0, file, false, lease.fasync);
  changeLease(file.inode, lease, F_UNLCK);
}
