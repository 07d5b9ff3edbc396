import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from "../include/errno.ts";
import { CAP_IPC_OWNER, CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { capable, inGroup } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";

export const IPC_PRIVATE = 0;
export const IPC_CREAT = 0o1000;
export const IPC_EXCL = 0o2000;
export const IPC_NOWAIT = 0o4000;
export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

/** Ids are number of use * 2^15 + place. */
const IPCMNI_SHIFT = 15;
const IPCMNI = 1 << IPCMNI_SHIFT;
const SEQ_MAX = 0x7fffffff >> IPCMNI_SHIFT;
/** Places are taken in turn, at least so many before the first is used again. */
const MIN_CYCLE = 64;

/** What all objects of System V IPC have. @linux include/linux/ipc.h `struct kern_ipc_perm` (6.18) */
export interface KernIpcPerm {
  id: number;
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
  seq: number;
  /** Removed: whoever still holds it finds EIDRM. */
  isDeleted: boolean;
}

/** The objects of one kind in a namespace. @linux ipc/util.c `struct ipc_ids` (6.18) */
export class IpcIds<T extends { readonly perm: KernIpcPerm }> {
  readonly #byIndex = new Map<number, T>();
  /** Objects that a key names. */
  readonly #byKey = new Map<number, T>();
  #seq = 0;
  #lastIndex = -1;
  #next = 0;

  get inUse(): number {
    return this.#byIndex.size;
  }

  /** The highest place that is taken, -1 when there is none. */
  get maxIndex(): number {
    return Math.max(-1, ...this.#byIndex.keys());
  }

  all(): Iterable<T> {
    return [...this.#byIndex.entries()].sort(([a], [b]) => a - b).map(([, object]) => object);
  }

  findKey(key: number): T | undefined {
    return this.#byKey.get(key);
  }

  /** Gives an object its id, or -ENOSPC when there are `limit` already. @linux ipc/util.c `ipc_addid` */
  add(task: Task, object: T, limit: number): number {
    if (this.inUse >= limit) return -ENOSPC;
    const index = this.#freeIndex();
    if (index <= this.#lastIndex) this.#seq = this.#seq + 1 >= SEQ_MAX ? 0 : this.#seq + 1;
    this.#lastIndex = index;
    const { perm } = object;
    perm.seq = this.#seq;
    perm.id = perm.seq * IPCMNI + index;
    perm.uid = perm.cuid = task.cred.euid;
    perm.gid = perm.cgid = task.cred.egid;
    this.#byIndex.set(index, object);
    if (perm.key !== IPC_PRIVATE) this.#byKey.set(perm.key, object);
    return perm.id;
  }

  /** @linux lib/idr.c `idr_alloc_cyclic` */
  #freeIndex(): number {
    const behind = Math.min(Math.max(Math.floor((this.inUse * 3) / 2), MIN_CYCLE), IPCMNI);
    let index = this.#next < behind ? this.#next : 0;
    while (this.#byIndex.has(index)) index = index + 1 < behind ? index + 1 : 0;
    this.#next = index + 1;
    return index;
  }

  remove(object: T): void {
    this.#byIndex.delete(object.perm.id % IPCMNI);
    this.forgetKey(object);
    object.perm.isDeleted = true;
  }

  /** The key is free for another object. @linux ipc/util.c `ipc_set_key_private` */
  forgetKey(object: T): void {
    if (this.#byKey.get(object.perm.key) === object) this.#byKey.delete(object.perm.key);
    object.perm.key = IPC_PRIVATE;
  }

  /** The object with this id, or -EINVAL, also when its place is another one's now. */
  obtain(id: number): T | number {
    if (id < 0) return -EINVAL;
    const object = this.#byIndex.get(id % IPCMNI);
    if (object === undefined) return -EINVAL;
    return object.perm.seq === Math.floor(id / IPCMNI) ? object : -EINVAL;
  }

  /** The object at a place, as SHM_STAT and its like name it. */
  atIndex(index: number): T | number {
    return this.#byIndex.get(index % IPCMNI) ?? -EINVAL;
  }
}

/**
 * Finds or makes an object for a key: its id, or a negative errno.
 *
 * @linux ipc/util.c `ipcget` (6.18)
 */
export function ipcGet<T extends { readonly perm: KernIpcPerm }>(
  task: Task,
  ids: IpcIds<T>,
  key: number,
  flags: number,
  make: () => number,
  moreChecks: (object: T) => number,
): number {
  if (key === IPC_PRIVATE) return make();
  const found = ids.findKey(key);
  if (found === undefined) return (flags & IPC_CREAT) === 0 ? -ENOENT : make();
  if ((flags & IPC_CREAT) !== 0 && (flags & IPC_EXCL) !== 0) return -EEXIST;
  const refused = moreChecks(found);
  if (refused !== 0) return refused;
  return ipcPerms(task, found.perm, flags) ? found.perm.id : -EACCES;
}

/** Whether the caller may do what the bits of `flag` say. @linux ipc/util.c `ipcperms` (6.18) */
export function ipcPerms(task: Task, perm: KernIpcPerm, flag: number): boolean {
  const { cred } = task;
  const requested = (flag >> 6) | (flag >> 3) | flag;
  let granted = perm.mode;
  if (cred.euid === perm.cuid || cred.euid === perm.uid) granted >>= 6;
  else if (inGroup(cred, perm.cgid) || inGroup(cred, perm.gid)) granted >>= 3;
  return (requested & ~granted & 0o007) === 0 || capable(cred, CAP_IPC_OWNER);
}

/** 0 when the caller may change or remove the object, else -EPERM. @linux ipc/util.c `ipcctl_obtain_check` */
export function ipcMayControl(task: Task, perm: KernIpcPerm): number {
  const { cred } = task;
  const isOwner = cred.euid === perm.cuid || cred.euid === perm.uid;
  return isOwner || capable(cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/** Seconds since 1970 (`ktime_get_real_seconds`). */
export function ipcSeconds(task: Task): number {
  return Math.floor(task.kernel.wallClock() / 1e9);
}

/** What is new about an object that is being made; its id comes with `IpcIds.add`. */
export function newIpcPerm(key: number, flags: number): KernIpcPerm {
  return {
    id: -1,
    key,
    ...{ uid: 0, gid: 0, cuid: 0, cgid: 0 },
    mode: flags & 0o777,
    seq: 0,
    isDeleted: false,
  };
}

/** IPC_SET. @linux ipc/util.c `ipc_update_perm` (6.18) */
export function ipcUpdatePerm(perm: KernIpcPerm, uid: number, gid: number, mode: number): number {
  // -1 is no user.
  if (uid === 0xffffffff || gid === 0xffffffff) return -EINVAL;
  perm.uid = uid;
  perm.gid = gid;
  perm.mode = (perm.mode & ~0o777) | (mode & 0o777);
  return 0;
}

/** Writes `struct ipc64_perm` at the beginning of a structure of the caller. */
export function writeIpcPerm(view: DataView, perm: KernIpcPerm): void {
  view.setInt32(0, perm.key, true);
  view.setUint32(4, perm.uid, true);
  view.setUint32(8, perm.gid, true);
  view.setUint32(12, perm.cuid, true);
  view.setUint32(16, perm.cgid, true);
  view.setUint32(20, perm.mode, true);
  view.setUint16(24, perm.seq & 0xffff, true);
}
