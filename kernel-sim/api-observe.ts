/**
 * The observer's part of the public face of the simulator: the state of a kernel as plain data, now and at any event of
 * the past. To look changes nothing: no page is brought in, no clock moves.
 */

import type { TraceEvent } from "./api.ts";
import type { DescriptorRow, ProcessRow } from "./api-kernel.ts";

/** Rows of a view. `String(rows)` is the view as text. */
export type Listing<Row> = readonly Row[];

/** What a kernel's state shows at one moment. Views of a pid that is not there are empty. */
export interface KernelView {
  /** The number of the last event that had happened; -1 before the first one. */
  readonly event: number;
  /** In ns since boot. */
  readonly time: number;
  /** All processes, by pid. */
  processes(): Listing<ProcessRow>;
  /** Processes and threads, each below its parent. */
  processTree(): Listing<TreeRow>;
  /** The descriptors of a process, or of all: what each refers to. */
  descriptors(pid?: number): Listing<ProcessDescriptor>;
  /** All open files of all processes, with who has them open. */
  openFiles(): Listing<OpenFileRow>;
  /** The mappings of a process, and how many of their pages are there. */
  addressSpace(pid: number): Listing<MappingRow>;
  /** What the processor reads to translate `address`, from the topmost table down. */
  pageWalk(pid: number, address: number): Listing<PageWalkRow>;
  /** The pages of a process that are present between two addresses (default: all), at most 4096 of them. */
  pages(pid: number, start?: number, end?: number): Listing<PageRow>;
  /** Who waits where. */
  waitQueues(): Listing<WaitQueueRow>;
  /** What runs on each CPU, and what is ready behind it. */
  runQueues(): Listing<RunQueueRow>;
  /** What waits at the interrupt controller of each CPU, what it serves, and whether it takes more. */
  cpuInterrupts(): Listing<CpuInterruptRow>;
  /** The lines of devices: where they go, what holds them back, who drives them. */
  interruptLines(): Listing<InterruptLineRow>;
  /** The registers that the kernel has saved for a task: 64-bit names, or those of an i386. */
  registers(pid: number): Listing<RegisterRow>;
  /** `words` machine words from the stack pointer upwards. */
  stack(pid: number, words?: number): Listing<StackRow>;
  /** Why a task does not run, and why those do not run that could wake it: from the task itself along the chain. */
  why(pid: number): Listing<WhyRow>;
  /** Bytes of a process's memory; undefined where nothing is mapped. */
  memory(pid: number, address: number, n: number): Uint8Array | undefined;
}

/** A process, or a thread that is not its process's first. */
export interface TreeRow {
  readonly pid: number;
  /** Of the process; the same as `pid` for its first thread. */
  readonly tgid: number;
  readonly ppid: number;
  /** How far below the first process. */
  readonly depth: number;
  readonly comm: string;
  /** Linux's letter. */
  readonly state: string;
  readonly cpu: number;
  /** The system call that it is in, "" in user mode. */
  readonly call: string;
}

/** A descriptor, the open file that it refers to, and the file behind that. */
export interface ProcessDescriptor extends DescriptorRow {
  readonly pid: number;
  /** How many descriptors of all processes refer to the same open file. */
  readonly sharedBy: number;
}

/** An open file: `struct file`. */
export interface OpenFileRow {
  readonly openFile: number;
  readonly path: string;
  /** "file", "dir", "char", "block", "pipe", "socket", "link" or "anon". */
  readonly type: string;
  readonly ino: number;
  readonly pos: number;
  /** As open(2) got them, in octal. */
  readonly flags: string;
  /** "r", "w" or "rw". */
  readonly access: string;
  /** How many hold it: descriptors, mappings, calls under way. */
  readonly count: number;
  /** Its descriptors, as "pid:fd". */
  readonly descriptors: readonly string[];
}

export interface MappingRow {
  readonly start: number;
  readonly end: number;
  /** As /proc/PID/maps shows them: "rw-p". */
  readonly perms: string;
  /** In pages of 4096 bytes. */
  readonly pages: number;
  readonly present: number;
  /** In the file, in bytes. */
  readonly offset: number;
  readonly name: string;
}

export interface PageRow {
  readonly address: number;
  /** The number of the frame. */
  readonly pfn: number;
  readonly write: boolean;
  readonly exec: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** How many page tables map the frame. */
  readonly mapped: number;
}

export interface PageWalkRow {
  /** "pgd", "pud", "pmd", "pte". */
  readonly level: string;
  /** The frame of the table, and the place in it. */
  readonly table: number;
  readonly index: number;
  /** The entry, in hex. */
  readonly entry: string;
  readonly present: boolean;
  /** The frame that it points to. */
  readonly pfn: number;
  readonly write: boolean;
  readonly user: boolean;
  readonly noExec: boolean;
}

export interface WaitQueueRow {
  /** What is waited for, in words. */
  readonly queue: string;
  /** Who waits, first to be woken first. */
  readonly waiters: readonly number[];
  /** Of these, who is woken alone. */
  readonly exclusive: readonly number[];
  /** Who could wake them. */
  readonly wakers: readonly number[];
}

export interface RunQueueRow {
  readonly cpu: number;
  /** 0: idle. */
  readonly running: number;
  readonly comm: string;
  /** Ready, next first. */
  readonly ready: readonly number[];
  readonly switches: number;
  /** The least virtual run time of the fair class, in ns. */
  readonly minVruntime: number;
  readonly needResched: boolean;
}

/** Interrupts of one CPU. Of two 8259As, those of the machine. */
export interface CpuInterruptRow {
  readonly cpu: number;
  /** The interrupt flag: whether it takes interrupts. */
  readonly flag: boolean;
  /** `preempt_count()`: 65536 for each interrupt that it serves, 256 for softirqs. */
  readonly preemptCount: number;
  /** The class of vectors (their upper four bits) up to which all wait. Of 8259As 0. */
  readonly priority: number;
  /** Vectors that have been asked for (IRR), and that are served and not yet ended (ISR). */
  readonly requested: readonly number[];
  readonly inService: readonly number[];
  /** Softirqs that were raised and have not run. */
  readonly softirqs: readonly string[];
}

/** A line of interrupts, as `irq_desc` has it. */
export interface InterruptLineRow {
  readonly irq: number;
  /** As in /proc/interrupts: "IO-APIC", "PCI-MSI-0000:00:1f.2", "XT-PIC". */
  readonly chip: string;
  readonly hwirq: number;
  readonly trigger: "edge" | "level";
  /** What is sent, and to which CPU; 0 while nobody drives it, and of an 8259A, which has vectors of its own. */
  readonly vector: number;
  readonly cpu: number;
  /** At the controller. */
  readonly isMasked: boolean;
  /** How often `disable_irq` was called and not taken back. */
  readonly depth: number;
  /** It came while it was disabled, and will be handled later. */
  readonly isPending: boolean;
  /** How often it was handled, by CPU. */
  readonly counts: readonly number[];
  /** Several share a line. */
  readonly drivers: readonly string[];
}

export interface RegisterRow {
  readonly register: string;
  readonly value: number;
  readonly hex: string;
}

export interface StackRow {
  readonly address: number;
  readonly value: number;
  readonly hex: string;
  /** What the word looks like: the mapping that it points into. */
  readonly points: string;
}

export interface WhyRow {
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  /** In one sentence. */
  readonly text: string;
  /** What it waits for; "" when it does not. */
  readonly waitsFor: string;
  /** Who could wake it. */
  readonly wokenBy: readonly number[];
  /** In ns since boot: when time wakes it; undefined: it does not. */
  readonly until: number | undefined;
  /** Nobody who could wake it will ever run: a deadlock. */
  readonly isStuck: boolean;
}

/** A way of going through the events of a machine: each, or those where a system call begins, or a CPU switches. */
export type EventKind = "event" | "call" | "switch";

/** A kernel as it was when an event had just happened. It stays so: nothing runs in it. */
export interface PastKernel extends KernelView {
  /** What happened there. */
  readonly last: TraceEvent | undefined;
  /** What had been written to the console by then. */
  readonly consoleOutput: string;
  /** The kernel at the next event of a kind, or of a task; undefined behind the last one. */
  forward(kind?: EventKind, pid?: number): PastKernel | undefined;
  /** At the one before. */
  back(kind?: EventKind, pid?: number): PastKernel | undefined;
}

/**
 * When to stop: at an event, or when something of the kernel's state is another than at the event before. What is
 * changed between two events is seen at the second.
 */
export type StopCondition =
  | {
      /** The tracepoint, such as "sched:sched_switch". */
      readonly event: string;
      readonly pid?: number;
      readonly when?: (event: TraceEvent) => boolean;
    }
  /** The state letter of a task. */
  | { readonly state: number }
  /** What a descriptor refers to, and the position there. */
  | { readonly descriptor: { readonly pid: number; readonly fd: number } }
  /** Bytes of a process's memory: 4 if `bytes` is not given. */
  | {
      readonly memory: { readonly pid: number; readonly address: number; readonly bytes?: number };
    }
  /** Whatever a function reads from the state: compared as text. */
  | { readonly value: (kernel: KernelView) => unknown };

/** Where a condition held. */
export interface Stop {
  readonly event: number;
  /** What the watched thing was before, and is now; of an event "" and its text. */
  readonly before: string;
  readonly after: string;
}

/** The past of a machine. Going to an event means running the machine again up to there. */
export interface Past {
  /** The first event that can be gone to: the kernel has booted. */
  readonly first: number;
  /** The last one. */
  readonly last: number;
  /** The kernel when event number `event` had happened. */
  at(event: number): PastKernel;
  /** The first event behind `after` (default: all) at which the condition holds. */
  find(condition: StopCondition, after?: number): Stop | undefined;
  /** The last one before `before` (default: now): who changed this last? */
  findLast(condition: StopCondition, before?: number): Stop | undefined;
  /** All of them, the first 1000. */
  findAll(condition: StopCondition): readonly Stop[];
}
