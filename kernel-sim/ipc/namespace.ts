import type { Mount } from "../fs/mount.ts";
import type { MsgQueue } from "./msg.ts";
import type { SemArray, SemUndoList } from "./sem.ts";
import type { Shm } from "./shm-info.ts";
import { IpcIds } from "./util.ts";

/** What one ipc namespace holds. @linux include/linux/ipc_namespace.h (6.18) */
export class IpcNamespace {
  readonly shmIds = new IpcIds<Shm>();
  /** Pages of all segments. */
  shmTot = 0;
  /** Limits: bytes of a segment, pages of all, number of segments (`/proc/sys/kernel/shm*`). */
  shmCtlmax = 2 ** 64 - 2 ** 24;
  shmCtlall = 2 ** 64 - 2 ** 24;
  shmCtlmni = 4096;
  readonly semIds = new IpcIds<SemArray>();
  /** Semaphores of all sets. */
  usedSems = 0;
  readonly semUndoLists = new Set<SemUndoList>();
  readonly msgIds = new IpcIds<MsgQueue>();
  /** Where the POSIX message queues lie, once there was one, and how many there are. */
  mqMnt: Mount | undefined = undefined;
  mqQueues = 0;
}
