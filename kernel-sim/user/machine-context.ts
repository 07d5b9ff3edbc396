import { Cpu } from "../arch/x86/cpu.ts";
import { GDT_ENTRY_CPUNODE } from "../arch/x86/entry/vdso/layout.ts";
import { vsyscallLandingPad } from "../arch/x86/entry/vdso/vma.ts";
import {
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  ESP,
  X86_TRAP_BP,
  X86_TRAP_DB,
} from "../arch/x86/registers.ts";
import { runUntilTrap, type Trap as Stop } from "../arch/x86/run.ts";
import {
  DESC_ACCESSED,
  DESC_BIG,
  DESC_PRESENT,
  DESC_RW,
  DESC_S,
  type Descriptor,
} from "../arch/x86/segment.ts";
import { shstkAllocThreadStack } from "../arch/x86/shstk.ts";
import { UserContext as X86State } from "../arch/x86/user-context.ts";
import { CR0_PG, CR0_WP, CR4_CET } from "../hw/mmu.ts";
import { EFAULT } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { timekeeperOf } from "../kernel/time/timekeeping.ts";
import { TSC_PER_NS } from "../kernel/time/vsyscall.ts";
import {
  type ThreadArea,
  TRAP_EXCEPTION,
  TRAP_SYSCALL,
  TRAP_TIME,
  type Trap,
  type UserContext,
} from "../kernel/user-context.ts";
import type { Mm, TlbFlush } from "../mm/mm.ts";
import { getUser32 } from "../mm/uaccess.ts";

/** Of a data segment: it expands down. Of code, the bit says that it conforms. */
const DESC_DOWN = 1 << 2;

/** Bits of the fourth word of `struct user_desc`. */
const AREA_32BIT = 1 << 0;
const AREA_EXPANDS_DOWN = 1 << 1;
const AREA_READ_ONLY = 1 << 3;
const AREA_LIMIT_IN_PAGES = 1 << 4;
const AREA_USEABLE = 1 << 6;
const MAX_BYTE_LIMIT = 0xfffff;

const IA32_SYSCALL_VECTOR = 0x80;
/** Instructions in one stretch; between two of them other CPUs, timers and signals get their turn. */
const STRETCH = 20_000;
/** The same where others share the memory: what they do may fall between any two of these. */
const SHARED_STRETCH = 16;

/** The processors of a machine as programs of machine code use them, made when the first one runs. */
class Processors {
  readonly #cpus: (Cpu | undefined)[] = [];
  readonly #loaded: (Mm | undefined)[] = [];
  /** How each is told that translations of what it has loaded have changed. */
  readonly #flushers: TlbFlush[] = [];

  constructor(cpus: number) {
    for (let i = 0; i < cpus; i++) {
      this.#cpus.push(undefined);
      this.#loaded.push(undefined);
      this.#flushers.push((start, end) => this.#cpus[i]?.mmu.flushRange(start, end));
    }
  }

  /** CPU `number` with the page tables of `mm`. */
  load(kernel: Kernel, number: number, mm: Mm): Cpu {
    let cpu = this.#cpus[number];
    if (cpu === undefined) {
      cpu = new Cpu({ memory: mm.memory.phys, tsc: (cpu) => tsc(kernel, cpu) });
      cpu.mmu.cr0 |= CR0_PG | CR0_WP;
      cpu.mmu.cr4 |= CR4_CET;
      this.#cpus[number] = cpu;
      cpu.hostDescriptors?.set(GDT_ENTRY_CPUNODE, cpunode(number));
    }
    cpu.stretchBegin = cpu.retired;
    cpu.counterReads = 0;
    const before = this.#loaded[number];
    if (before !== mm) {
      const flush = this.#flushers[number]!;
      before?.offTlbFlush(flush);
      this.#loaded[number] = mm;
      cpu.loadCr3(mm.rootPfn * 4096);
      mm.onTlbFlush(flush);
    }
    return cpu;
  }
}

/** Instructions of this stretch have taken their time, though it passes for the machine only at the stretch's end. */
function tsc(kernel: Kernel, cpu: Cpu): number {
  const done = cpu.retired + cpu.budget - cpu.left - cpu.stretchBegin;
  const { instructionsPerNs, rdtscNs = 0 } = kernel.costs;
  const ns = kernel.now() + done / instructionsPerNs + cpu.counterReads * rdtscNs;
  cpu.counterReads++;
  return Math.floor(ns * TSC_PER_NS);
}

/** A segment of no use but that its limit is the number of the processor. @linux arch/x86/kernel/cpu/common.c `setup_getcpu` (6.18) */
function cpunode(number: number): Descriptor {
  const access = DESC_PRESENT | DESC_S | DESC_ACCESSED | DESC_BIG | (3 << 5);
  return { base: 0, limit: number, access, low: 0, high: 0 };
}

function processors(kernel: Kernel): Processors {
  return kernel.subsystem("x86.processors", () => new Processors(kernel.cpus));
}

/** Code that machine code can call and that is none itself: the dynamic linker's. */
export interface MachineGate {
  /** Whether it seems to be there; no instruction can be executed in these places. */
  serves(ip: number): boolean;
  /** Serves a call: moves the registers to where the program goes on. */
  enter(task: Task, machine: MachineContext): void;
  /** The same for a copy of the process. */
  fork(): MachineGate;
}

/**
 * Runs i386 machine code in user mode, on the pages and page tables that the kernel keeps for it.
 *
 * @simplified the kernel's side is TypeScript: at a trap the registers pass over to `task.regs`. A processor
 * executes a stretch of instructions at once, and its time passes afterwards.
 */
export class MachineContext implements UserContext {
  /** Segments, thread-local storage and the shadow stack: what `task.regs` does not hold. */
  readonly #state: X86State;
  /** The trap that ended the last stretch, reported once its time has passed. */
  #pending: Trap | undefined;
  /** Instructions that it has executed. */
  instructions = 0;
  /** How many stretches it has run. */
  stretches = 0;
  /** Instructions in its next stretches, for who watches it; 0 for as many as usual. */
  stretch = 0;
  /** The number of its last system call. */
  lastNumber = -1;
  /** How the last stretch came to stop. */
  lastStop: Stop | undefined;
  /** Code of the process that is no machine code. */
  gate: MachineGate | undefined;

  constructor(state = new X86State()) {
    this.#state = state;
  }

  get hasTrap(): boolean {
    return this.#pending === TRAP_SYSCALL || this.#pending === TRAP_EXCEPTION;
  }

  run(task: Task): Trap {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === TRAP_SYSCALL) task.kernel.chargeCurrent(doorNs(task.kernel, this.lastStop));
    if (pending === TRAP_EXCEPTION && this.gate?.serves(task.regs.ip) === true) {
      this.gate.enter(task, this);
      return TRAP_TIME;
    }
    if (pending === TRAP_SYSCALL || pending === TRAP_EXCEPTION) return pending;
    const { kernel, mm } = task;
    if (mm === undefined) return TRAP_TIME;
    const cpu = processors(kernel).load(kernel, task.cpu, mm);
    this.#enter(task, cpu);
    timekeeperOf(kernel).vsyscall?.tick();
    const usual = mm.users > 1 ? SHARED_STRETCH : STRETCH;
    const { onAccess } = kernel;
    if (onAccess !== undefined) {
      cpu.memory.watch = (address, bytes, isWrite) =>
        onAccess(address >>> 0, bytes, isWrite ? "store" : "load");
    }
    const trap = runUntilTrap(cpu, this.stretch === 0 ? usual : this.stretch);
    if (onAccess !== undefined) cpu.memory.watch = undefined;
    this.#leave(task, cpu);
    this.stretches++;
    this.lastStop = trap;
    this.instructions += trap.instructions;
    const { instructionsPerNs, rdtscNs = 0 } = kernel.costs;
    task.userNs += Math.ceil(trap.instructions / instructionsPerNs + cpu.counterReads * rdtscNs);
    if (trap.kind === "int" && trap.vector === IA32_SYSCALL_VECTOR) {
      this.#pending = this.#syscall(task);
    } else if (trap.kind === "sysenter") this.#pending = this.#sysenter(task, mm);
    else if (trap.kind === "exception" || trap.kind === "int") {
      const isFault = trap.kind === "exception";
      task.trap = {
        vector: trap.vector,
        errorCode: isFault ? trap.errorCode : 0,
        address: isFault && trap.vector !== X86_TRAP_BP ? trap.cr2 : 0,
        ...(trap.vector === X86_TRAP_DB ? { debugStatus: takeDebugStatus(cpu) } : {}),
      };
      this.#pending = TRAP_EXCEPTION;
    }
    return TRAP_TIME;
  }

  fork(child: Task, parent: Task): UserContext {
    const copy = new MachineContext(this.#state.copy());
    child.user = copy;
    child.shstkFeatures = parent.shstkFeatures;
    child.shstkLocked = parent.shstkLocked;
    // Who shares the memory but not the stack needs another shadow as well.
    if (child.mm === parent.mm && child.regs.sp !== parent.regs.sp) shstkAllocThreadStack(child);
    copy.gate = child.mm === parent.mm ? this.gate : this.gate?.fork();
    return copy;
  }

  shadowStack(): number {
    return this.#state.ssp >>> 0;
  }

  setShadowStack(ssp: number): void {
    this.#state.ssp = ssp;
  }

  threadArea(index: number): ThreadArea | undefined {
    const descriptor = this.#state.tls[index];
    if (descriptor === undefined) return undefined;
    const { base, limit, access } = descriptor;
    const inPages = limit > MAX_BYTE_LIMIT;
    const flags =
      AREA_32BIT |
      AREA_USEABLE |
      (inPages ? AREA_LIMIT_IN_PAGES : 0) |
      ((access & DESC_RW) === 0 ? AREA_READ_ONLY : 0) |
      ((access & DESC_DOWN) === 0 ? 0 : AREA_EXPANDS_DOWN);
    return { base, limit: inPages ? limit >>> 12 : limit, flags };
  }

  setThreadArea(index: number, area: ThreadArea | undefined): void {
    if (area === undefined) {
      this.#state.tls[index] = undefined;
      return;
    }
    const { base, limit, flags } = area;
    const inPages = (flags & AREA_LIMIT_IN_PAGES) !== 0;
    const bytes = inPages ? ((limit << 12) | 0xfff) >>> 0 : limit & MAX_BYTE_LIMIT;
    const access =
      DESC_PRESENT |
      DESC_S |
      DESC_ACCESSED |
      DESC_BIG |
      (3 << 5) |
      ((flags & AREA_READ_ONLY) === 0 ? DESC_RW : 0) |
      ((flags & AREA_EXPANDS_DOWN) === 0 ? 0 : DESC_DOWN);
    this.#state.tls[index] = { base: base | 0, limit: bytes, access, low: 0, high: 0 };
  }

  /**
   * SYSENTER saves nothing: the kernel goes back to the vDSO's landing pad, with the stack that EBP tells, on which the
   * program's EBP lies.
   *
   * @linux arch/x86/entry/syscall_32.c `do_SYSENTER_32`, `do_fast_syscall_32` (6.18)
   */
  #sysenter(task: Task, mm: Mm): Trap | undefined {
    const { regs } = task;
    regs.sp = regs.bp;
    regs.ip = vsyscallLandingPad(mm);
    const bp = getUser32(task, regs.bp);
    if (bp === undefined) {
      regs.ax = -EFAULT;
      return undefined;
    }
    regs.bp = bp >>> 0;
    return this.#syscall(task);
  }

  #syscall(task: Task): Trap {
    task.regs.origAx = task.regs.ax;
    this.lastNumber = task.regs.ax;
    return TRAP_SYSCALL;
  }

  #enter(task: Task, cpu: Cpu): void {
    const { regs } = task;
    const { r } = this.#state;
    r[EAX] = regs.ax;
    r[EBX] = regs.bx;
    r[ECX] = regs.cx;
    r[EDX] = regs.dx;
    r[ESI] = regs.si;
    r[EDI] = regs.di;
    r[EBP] = regs.bp;
    r[ESP] = regs.sp;
    this.#state.eip = regs.ip;
    this.#state.eflags = regs.flags;
    this.#state.load(cpu);
  }

  #leave(task: Task, cpu: Cpu): void {
    const { regs } = task;
    this.#state.save(cpu);
    const { r } = this.#state;
    regs.ax = r[EAX]!;
    regs.bx = r[EBX]! >>> 0;
    regs.cx = r[ECX]! >>> 0;
    regs.dx = r[EDX]! >>> 0;
    regs.si = r[ESI]! >>> 0;
    regs.di = r[EDI]! >>> 0;
    regs.bp = r[EBP]! >>> 0;
    regs.sp = r[ESP]! >>> 0;
    regs.ip = this.#state.eip >>> 0;
    regs.flags = this.#state.eflags;
  }
}

/** What a door costs more than the one that every system call is charged for. */
function doorNs({ costs }: Kernel, stop: Stop | undefined): number {
  return (stop?.kind === "sysenter" ? costs.sysenterNs : costs.int80Ns) - costs.syscallNs;
}

/** What DR6 says of a debug exception; the processor never clears it, the kernel does. */
function takeDebugStatus(cpu: Cpu): number {
  const status = cpu.dr[6]! & DR6_CONDITIONS;
  cpu.dr[6] = DR6_RESERVED | 0;
  return status;
}

/** Of DR6: four breakpoints and the single step; and the bits that are always set. */
const DR6_CONDITIONS = 0x400f;
const DR6_RESERVED = 0xffff0ff0;
