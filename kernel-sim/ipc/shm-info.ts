import type { File } from "../fs/fs.ts";
import type { UserStruct } from "../kernel/cred.ts";
import type { Pid } from "../kernel/pid.ts";
import type { IpcNamespace } from "./namespace.ts";
import type { KernIpcPerm } from "./util.ts";

/** A segment of shared memory. @linux ipc/shm.c `struct shmid_kernel` (6.18) */
export interface Shm {
  readonly perm: KernIpcPerm;
  readonly ns: IpcNamespace;
  readonly file: File;
  /** In bytes. */
  readonly size: number;
  nattch: number;
  /** In seconds since 1970; 0: never. */
  atime: number;
  dtime: number;
  ctime: number;
  readonly cprid: Pid;
  lprid: Pid | undefined;
  /** Who has locked it into memory. */
  mlockUser: UserStruct | undefined;
}
