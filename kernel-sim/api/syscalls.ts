/**
 * System calls that a reader adds to a living kernel, and the tables of both ABIs.
 */

/** A call of the kernel's own functions on its way: `yield*` makes it. */
export type KernelCodeCall<T = number> = Generator<object, T, unknown>;

/** `current`, as code of the kernel sees it: the task in whose name it runs. */
export interface CurrentTask {
  readonly pid: number;
  readonly tgid: number;
  readonly uid: number;
  readonly comm: string;
  /** It is a 32-bit program (`in_compat_syscall()`). */
  readonly isCompat: boolean;
}

/**
 * What code of the kernel can call, by Linux's names. Addresses are numbers: those of user memory from 0 to
 * TASK_SIZE_MAX, those of the kernel negative, as `long` reads them. Between two calls other CPUs go on.
 *
 * Kernel memory is watched as by KASAN and KMSAN: what they find stands in `machine.kernelLog` and in the trace
 * (`error_report:error_report_end`), and the code goes on. What a kernel cannot survive is an oops: the task dies.
 * Two kinds of events in the trace are the simulator's own and no tracepoints of Linux: `uaccess:*`, named after the
 * function that moves bytes, and `exceptions:fixup_exception`, when a fault ends at the exception table.
 */
export interface KernelCode {
  readonly current: CurrentTask;
  /** How many bytes are missing: 0 when all are there. What is missing is zeroed. */
  copy_from_user(to: number, from: number, n: number): KernelCodeCall;
  /** How many bytes are missing. */
  copy_to_user(to: number, from: number, n: number): KernelCodeCall;
  clear_user(to: number, n: number): KernelCodeCall;
  /** The number at `from`, unsigned below 8 bytes; undefined where Linux's answers -EFAULT. @param size 1, 2, 4 or 8 bytes */
  get_user(from: number, size?: number): KernelCodeCall<number | undefined>;
  /** 0 or -EFAULT. */
  put_user(value: number, to: number, size?: number): KernelCodeCall;
  /** The length of the string; `count` when it has no end within `count` bytes; or -EFAULT. */
  strncpy_from_user(to: number, from: number, count: number): KernelCodeCall;
  /** The length with its NUL; more than `count` when there is none; 0 at a fault. */
  strnlen_user(from: number, count: number): KernelCodeCall;
  /** Whether these can be user addresses at all; not whether anything is mapped there. */
  access_ok(addr: number, n: number): KernelCodeCall<boolean>;
  /** Its address, or 0. What lies there is what others have left. */
  kmalloc(size: number): KernelCodeCall;
  /** The same, zeroed. */
  kzalloc(size: number): KernelCodeCall;
  kmalloc_array(n: number, size: number): KernelCodeCall;
  kfree(address: number): KernelCodeCall;
  /** Reads through a pointer: `*(u32 *)address`. With a pointer of the user the kernel oopses (SMAP). */
  load(address: number, size?: number): KernelCodeCall;
  /** Writes through a pointer. */
  store(address: number, value: number, size?: number): KernelCodeCall;
  memcpy(to: number, from: number, n: number): KernelCodeCall;
  memset(to: number, value: number, n: number): KernelCodeCall;
  /** Copies a text of the kernel, with its NUL, into `size` bytes: its length, or -E2BIG when it was cut. */
  strscpy(to: number, text: string, size: number): KernelCodeCall;
  /** The same, and fills the rest with NUL. */
  strscpy_pad(to: number, text: string, size: number): KernelCodeCall;
  printk(text: string): KernelCodeCall;
  /** Spends so many ns in the kernel; other CPUs go on meanwhile. */
  ndelay(ns: number): KernelCodeCall;
  /** Behind the last address of a 64-bit program. */
  readonly TASK_SIZE_MAX: number;
}

/** The kernel's side of a system call. It may be called by several tasks at a time. */
export type SystemCallHandler = (
  k: KernelCode,
  ...args: number[]
) => Generator<object, number, unknown>;

/**
 * What SYSCALL_DEFINE makes. To call it is the business of who runs it: `machine.addSystemCall`, or the judge, which asks it
 * step by step by plain data.
 */
export interface SystemCallDefinition {
  (question: KernelQuestion): KernelReply;
  readonly sysName: string;
  /** At most six. */
  readonly argCount: number;
}

/** One step of a definition: it begins with arguments, or gets the answer of what it has called. */
export type KernelQuestion =
  | {
      readonly kind: "begin";
      readonly id: number;
      readonly args: readonly number[];
      readonly current: CurrentTask;
      readonly runsAhead?: boolean;
    }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly answer: number | undefined;
      /** Whether the reply may go on behind calls that have but one answer. */
      readonly runsAhead?: boolean;
    };

export type KernelReply =
  | {
      readonly kind: "call";
      readonly name: string;
      readonly args: readonly (number | string)[];
      /** What the code does next, up to the first call whose answer it has to be told. */
      readonly ahead?: readonly KernelReply[];
    }
  | { readonly kind: "return"; readonly value: number }
  | { readonly kind: "threw"; readonly name: string; readonly message: string };

/** Where a system call goes into the tables. */
export interface SystemCallPlace {
  /** In the x86-64 table; null: not there. Default: the first number behind both tables (470 in 6.18). */
  readonly number64?: number | null;
  /** In the i386 table. */
  readonly number32?: number | null;
}

/** A row of the tables. */
export interface SystemCallRow {
  readonly name: string;
  readonly number64: number | undefined;
  readonly number32: number | undefined;
  /** The release that brought it; undefined for one that was added here. */
  readonly since: string | undefined;
  /** The release in which its number in the i386 table was taken, by whatever name; 5.1 for calls that `ipc` had been. */
  readonly taken32: string | undefined;
  /** The release in which it went. */
  readonly removed: string | undefined;
  /** Whether a 64-bit Linux 6.18 has code behind the row; a row without answers ENOSYS, too. */
  readonly hasCode64: boolean;
  /** The same for 32-bit programs on it: vm86 and vm86old have code on 32-bit kernels alone. */
  readonly hasCode32: boolean;
  /** Whether this machine has code behind the row. */
  readonly isImplemented: boolean;
}

/** A system call whose code runs elsewhere: the kernel waits in it for the answers of a host. */
export interface HostedSystemCall {
  readonly number64: number | undefined;
  readonly number32: number | undefined;
  /**
   * Lets the machine run until nothing can happen any more, and asks for each step of the call on the way. What
   * the code asks for can be watched: `before` and `after` see each call of a kernel function, and the memory of
   * processes may be changed there, as another CPU could. Throws when there is no end.
   */
  serve(ask: (question: KernelQuestion) => Promise<unknown>, watch?: HostedWatch): Promise<void>;
}

export interface HostedWatch {
  before?(call: HostedKernelCall): void;
  after?(call: HostedKernelCall, answer: number | undefined): void;
}

export interface HostedKernelCall {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly (number | string)[];
  /** How many it is in this system call, from 0. */
  readonly index: number;
}

/** A piece of memory that kernel code has and has not given back. */
export interface KernelAllocation {
  readonly address: number;
  readonly size: number;
  /** "kmalloc-64" … */
  readonly cache: string;
}

/** What a machine offers for looking at its system calls, and for adding some. */
export interface MachineSystemCalls {
  /**
   * Adds a system call to the living kernel, in both tables under one new number unless `place` says otherwise.
   * Throws when the number is taken.
   */
  addSystemCall(
    definition: SystemCallDefinition,
    place?: SystemCallPlace,
  ): { readonly number64: number | undefined; readonly number32: number | undefined };
  /** The same for code that runs elsewhere and is asked step by step, as a judge does with a student's. */
  hostSystemCall(name: string, argCount: number, place?: SystemCallPlace): HostedSystemCall;
  /** The tables of both ABIs, by name. */
  systemCalls(): readonly SystemCallRow[];
  /** The lines of the kernel's log, oldest first. */
  readonly kernelLog: readonly string[];
  /** What code that was added to the kernel has allocated and not given back. */
  kernelAllocations(): readonly KernelAllocation[];
}
