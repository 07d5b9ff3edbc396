/** What programs may know of the tasks of a machine, and do with them. */
import type { PtRegs } from "../arch/x86/pt-regs.ts";
import type { LivingFiles } from "./living-files.ts";
import type { StructAt, StructTables } from "./structs/members.ts";

/** A range of a task's memory with one meaning. @linux include/linux/mm_types.h `struct vm_area_struct` (6.18) */
export interface MemoryArea {
  readonly start: number;
  readonly end: number;
  /** VM_…: what may be done with it. */
  readonly flags: number;
  /** Offset in its file, in pages. */
  readonly pgoff: number;
}

/** Memory of a task: the copies answer how many bytes went. */
export interface UserMemory {
  copyFromUser(addr: number, bytes: Uint8Array): number;
  copyToUser(addr: number, bytes: Uint8Array): number;
  /** In the order of their addresses. */
  readonly vmas?: readonly MemoryArea[];
}

/** The task that runs on a CPU while a program looks at it, or another one. */
export interface CurrentTask {
  readonly pid: number;
  readonly tgid: number;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  /** What is another one for every other task, also for one that gets its number later. */
  readonly identity?: object;
  /** Its memory; a kernel thread, and the task of a recorded event, have none. */
  readonly mm?: UserMemory | undefined;
  /** Absent: it was never in user mode. */
  readonly userRegs?: PtRegs | undefined;
  /** The number of the system call that it is in. */
  readonly syscall?: number | undefined;
  /**
   * Sends it a signal from the kernel; 0, or a negative errno. Absent: it takes none.
   *
   * @param value what the signal carries; 0: nothing
   */
  sendSignal?(signo: number, isForThread: boolean, value: number): number;
}

/** What programs reach of a kernel that runs tasks. */
export interface LivingTasks {
  /** All threads, in the order in which Linux goes over them: by process, its leader first. */
  threads(): Iterable<CurrentTask>;
  find(pid: number): CurrentTask | undefined;
  /** The task with that identity. */
  taskOf(identity: object): CurrentTask;
  /** By descriptor: the open files of the task with that identity. */
  openFiles(identity: object): Iterable<readonly [number, object]>;
  /** A thread whose files are those of its process's first one. */
  sharesFiles(identity: object): boolean;
  /** Whether the task with that identity may see addresses of the kernel. */
  showsAddresses(identity: object): boolean;
  /** Whether symbols of programs are shown: `net.core.bpf_jit_kallsyms`. */
  readonly showsProgramSymbols: boolean;
  /** Task 0, the idle task of the first CPU. */
  bootTask(): CurrentTask | undefined;
  /** What programs see of the kernel's objects. */
  readonly tables: StructTables;
  /** The objects that all others are reached from. */
  roots(): Iterable<StructAt>;
  readonly files: LivingFiles;
  /** The caches of the kernel's heap, and the name of that which an address comes from. */
  readonly kmemCaches: readonly { readonly name: string; readonly size: number }[];
  kmemCacheOf(address: number): string | undefined;
  /** CLOCK_TAI when the machine booted, in ns. */
  readonly bootTai: number;
}

/** Who makes system calls where no task does. */
export const INIT_TASK: CurrentTask = Object.freeze({
  ...{ pid: 1, tgid: 1, uid: 0, gid: 0 },
  comm: "init",
});
