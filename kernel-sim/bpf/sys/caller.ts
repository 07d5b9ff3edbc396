import type { BpfCaps } from "../capability.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfObject } from "../kernel.ts";
import type { PerfTarget } from "../perf-target.ts";

/** The memory of the task that calls. */
export interface UserMemory {
  /** Undefined at a fault. */
  read(address: number, bytes: number): Uint8Array | undefined;
  /** False at a fault. */
  write(address: number, bytes: Uint8Array): boolean;
}

/** What a local storage can hang on. */
export type StorageOwnerKind = "socket" | "inode" | "task" | "cgroup";

/** What descriptors of the task stand for. */
export interface DescriptorTable {
  /** Undefined for what is no object of BPF. */
  get(fd: number): BpfObject | undefined;
  has(fd: number): boolean;
  /** The event of perf behind a descriptor; undefined: it is of something else. */
  perfEvent?(fd: number): PerfTarget | undefined;
  /** The socket, inode, task or cgroup behind a descriptor, or a negative errno. */
  ownerOf(fd: number, kind: StorageOwnerKind): object | number;
  /**
   * A new descriptor, or a negative errno.
   *
   * @param flags BPF_F_RDONLY or BPF_F_WRONLY: what system calls may not do through it
   */
  install(object: BpfObject, flags: number): number;
  /** The same flags of a descriptor. */
  flagsOf(fd: number): number;
  /** Closes any descriptor of the task: 0 or -EBADF. */
  closeFd(fd: number): number;
  /** Whether there is room for another one: 0 or a negative errno. */
  whyFull(): 0 | number;
}

/** What else of the machine the commands ask for. */
export interface Surroundings {
  /** Whether a descriptor is of a network namespace. */
  isNetNs(fd: number): boolean;
  /** Whether a path leads to a regular file; a negative errno where it leads nowhere. */
  isRegularFile(path: string): boolean | number;
  hasProcess(pid: number): boolean;
  /** What a descriptor of a task stands for; a negative errno for neither an object of BPF nor an event of perf. */
  objectOfTask(pid: number, fd: number): BpfObject | PerfTarget | number;
}

/** Names of objects in a bpffs. */
export interface Pins {
  /** @param directory where a relative path begins */
  pin(directory: number, path: number, object: BpfObject): 0 | number;
  get(directory: number, path: number, flags: number): BpfObject | number;
}

/** The task that makes a call of bpf(2), as far as it matters. */
export interface BpfCaller {
  readonly memory: UserMemory;
  readonly files: DescriptorTable;
  readonly pins: Pins;
  readonly surroundings: Surroundings;
  readonly caps: BpfCaps;
  readonly uid: number;
  /** As programs see it; absent: whoever is seen as running. */
  readonly task?: CurrentTask;
  /** `kernel.unprivileged_bpf_disabled` of its machine. */
  readonly unprivilegedBpfDisabled: number;
}
