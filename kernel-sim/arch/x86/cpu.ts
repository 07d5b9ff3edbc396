/**
 * A 32-bit x86 processor in protected mode: its registers and what it is connected to. `run.ts` runs
 * it.
 *
 * @spec Intel SDM vol. 1 and 3
 * @simplified no real or virtual-8086 mode, no FPU and no vector registers, no PAE. Limits of the
 *   stack segment are looked at for memory operands, not for pushes.
 */
import { CR0_PE, CR4_CET, Mmu } from "../../hw/mmu.ts";
import type { PagingMode } from "../../hw/page-table.ts";
import type { PhysMemory } from "../../hw/phys-memory.ts";
import type { Tlb } from "../../hw/tlb.ts";
import { CodeCache, CodePage } from "./code-cache.ts";
import { CpuMemory } from "./cpu-memory.ts";
import type { DecodeMode } from "./decode.ts";
import type { EntryStep } from "./entry-step.ts";
import { CpuException } from "./exception.ts";
import { F_EFLAGS, F_KIND, FLAG_WORDS, materialize } from "./flags.ts";
import {
  CR0_AM,
  CR0_ET,
  CR0_NE,
  CS,
  DS,
  ES,
  GS,
  REGISTER_WORDS,
  SEG_BASE,
  SS,
  X86_EFLAGS_AC,
  X86_EFLAGS_FIXED,
  X86_EFLAGS_IF,
} from "./registers.ts";
import {
  DESC_ACCESSED,
  DESC_BIG,
  DESC_CODE,
  DESC_PRESENT,
  DESC_RW,
  DESC_S,
  type Descriptor,
  SegmentRegister,
} from "./segment.ts";
import { ShadowStack } from "./shadow-stack.ts";

/** Words of the state that is not a general register. */
export const ST_EIP = 0;
/** EIP of offset 0 of the page that instructions come from. */
export const ST_PAGE_EIP = 1;

/** What IN and OUT reach. Sizes are in bytes; values unsigned. */
export interface PortBus {
  read(port: number, bytes: number): number;
  write(port: number, value: number, bytes: number): void;
}

export interface CpuOptions {
  readonly memory: PhysMemory;
  readonly tlb?: Tlb;
  readonly ports?: PortBus;
  /**
   * The form of the page tables: two levels, as a 32-bit kernel has them, or four, as a 64-bit
   * kernel runs 32-bit programs on.
   */
  readonly paging?: PagingMode;
  /** What RDTSC answers; without it, the instructions that have run. */
  readonly tsc?: (cpu: Cpu) => number;
  /** Takes each instruction the long way, as if there were no fast cases. */
  readonly isPlain?: boolean;
}

/** A table register: GDTR or IDTR. */
export interface TableRegister {
  base: number;
  limit: number;
}

const NO_PORTS: PortBus = { read: () => 0xffffffff, write: () => undefined };

export class Cpu {
  readonly r = new Int32Array(REGISTER_WORDS);
  readonly r8 = new Uint8Array(this.r.buffer);
  readonly r16 = new Uint16Array(this.r.buffer);
  readonly f = new Int32Array(FLAG_WORDS);
  readonly st = new Int32Array(4);
  readonly segments: readonly SegmentRegister[] = [0, 1, 2, 3, 4, 5].map(
    () => new SegmentRegister(),
  );
  readonly ldtr = new SegmentRegister();
  readonly tr = new SegmentRegister();
  readonly gdtr: TableRegister = { base: 0, limit: 0 };
  readonly idtr: TableRegister = { base: 0, limit: 0 };
  readonly dr = new Int32Array(8);
  readonly msrs = new Map<number, number>();
  readonly mmu: Mmu;
  readonly code: CodeCache;
  readonly memory: CpuMemory;
  readonly exception = new CpuException();
  readonly shadowStack = new ShadowStack();
  /** The page of a single instruction that spans two. */
  readonly crossing = new CodePage(-1, new Uint8Array(4096 + 16), new Int32Array(1024));
  ports: PortBus;
  tsc: ((cpu: Cpu) => number) | undefined;
  cpl = 0;
  /** HLT was executed: only an interrupt goes on. */
  isHalted = false;
  /** The instruction after STI, or after a load of SS, is not interrupted. */
  inShadow = false;
  /** The vector of an external interrupt that waits for IF, or -1. */
  pendingInterrupt = -1;
  /** Instructions since the processor was made, without those of a pass that goes on. */
  retired = 0;
  /** How many it were when the program came onto it, and how often it has read the time-stamp counter since. */
  stretchBegin = 0;
  counterReads = 0;
  /** Instructions that the last pass might have run, and those that it did not use. */
  budget = 0;
  left = 0;
  /**
   * The descriptors of a kernel that keeps no table in memory, by index. LGDT ends their use.
   */
  hostDescriptors: Map<number, Descriptor> | undefined = new Map();
  /** SYSENTER goes to the host (`runUntilTrap`). */
  isHosted = false;
  /** Hears each step of an interrupt's entry and of an IRET. */
  observer: ((step: EntryStep) => void) | undefined;
  /** How instructions are decoded now. */
  decoding: DecodeMode;

  constructor(options: CpuOptions) {
    this.mmu = new Mmu(options.memory, options.paging ?? "two-level", options.tlb);
    this.code = new CodeCache(options.memory);
    this.memory = new CpuMemory(this.mmu, this.exception, this.code);
    this.ports = options.ports ?? NO_PORTS;
    this.tsc = options.tsc;
    this.decoding = { isFlat: true, isPlain: options.isPlain ?? false, hasShadowStack: false };
    this.f[F_EFLAGS] = X86_EFLAGS_FIXED;
    this.mmu.cr0 = CR0_PE | CR0_ET | CR0_NE;
    this.ldtr.setNull(0);
    this.tr.setNull(0);
    this.setFlatSegments(0);
    this.dr[6] = 0xffff0ff0 | 0;
    this.dr[7] = 0x400;
  }

  get eip(): number {
    return this.st[ST_EIP]! >>> 0;
  }

  set eip(value: number) {
    this.st[ST_EIP] = value;
  }

  /** All of EFLAGS, worked out. */
  get eflags(): number {
    return materialize(this.f);
  }

  set eflags(value: number) {
    this.f[F_KIND] = 0;
    this.f[F_EFLAGS] = value | X86_EFLAGS_FIXED;
    this.updateMode();
  }

  get mayBeInterrupted(): boolean {
    return (this.f[F_EFLAGS]! & X86_EFLAGS_IF) !== 0;
  }

  /** Takes an external interrupt as soon as IF allows. */
  requestInterrupt(vector: number): void {
    this.pendingInterrupt = vector;
  }

  /**
   * Segments of 4 GiB at address 0, as Linux has them, without reading a descriptor table.
   *
   * @linux arch/x86/include/asm/segment.h `__KERNEL_CS`, `__USER_CS` of 32 bits (6.18)
   */
  setFlatSegments(cpl: 0 | 3): void {
    const access = DESC_PRESENT | DESC_S | DESC_RW | DESC_ACCESSED | (cpl << 5) | DESC_BIG;
    const flat = { base: 0, limit: 0xffffffff, low: 0, high: 0 };
    const [code, data] = cpl === 0 ? [0x60, 0x68] : [0x73, 0x7b];
    const codeDescriptor = { ...flat, access: access | DESC_CODE };
    const dataDescriptor = { ...flat, access };
    this.hostDescriptors?.set(code >> 3, codeDescriptor);
    this.hostDescriptors?.set(data >> 3, dataDescriptor);
    this.segments[CS]!.set(code, codeDescriptor);
    for (const segment of [ES, SS, DS]) this.segments[segment]!.set(data, dataDescriptor);
    for (let segment = SS + 2; segment <= GS; segment++) this.segments[segment]!.setNull(0);
    this.cpl = cpl;
    this.segmentsChanged();
  }

  /**
   * Sets one of the three descriptors for thread-local storage, and answers its selector.
   *
   * @linux arch/x86/kernel/tls.c `set_thread_area` (6.18)
   * @param index 6 to 8.
   */
  setTls(index: number, base: number, limit = 0xffffffff): number {
    const access = DESC_PRESENT | DESC_S | DESC_RW | DESC_ACCESSED | (3 << 5) | DESC_BIG;
    this.hostDescriptors?.set(index, { base: base | 0, limit, access, low: 0, high: 0 });
    return index * 8 + 3;
  }

  /** To be called after a change of segment registers: bases go where addresses find them. */
  segmentsChanged(): void {
    for (let i = 0; i <= GS; i++) this.r[SEG_BASE + i] = this.segments[i]!.base;
    const cs = this.segments[CS]!;
    const isFlat =
      [ES, SS, DS].every((i) => this.segments[i]!.isFlat && this.segments[i]!.base === 0) &&
      cs.base === 0 &&
      cs.limit === 0xffffffff &&
      (cs.access & DESC_RW) !== 0;
    if (isFlat !== this.decoding.isFlat) this.#decode({ ...this.decoding, isFlat });
    this.updateMode();
  }

  /** To be called after a change of CPL, AC, CR0 or CR4. */
  updateMode(): void {
    const ac = (this.f[F_EFLAGS]! & X86_EFLAGS_AC) !== 0;
    const isUser = this.cpl === 3;
    this.memory.setMode(isUser, ac);
    this.memory.alignmentCheck = isUser && ac && (this.mmu.cr0 & CR0_AM) !== 0;
    const hasShadowStack = this.shadowStack.isOn(isUser);
    if (hasShadowStack !== this.decoding.hasShadowStack) {
      this.#decode({ ...this.decoding, hasShadowStack });
    }
  }

  /** Switches the shadow stack of user programs on, or off with `ssp` 0. */
  setUserShadowStack(ssp: number): void {
    this.shadowStack.user = ssp !== 0;
    this.shadowStack.ssp = ssp | 0;
    if (ssp !== 0) this.mmu.cr4 |= CR4_CET;
    this.updateMode();
  }

  /** Loads CR3. Takes a CR0 with paging as well, for a kernel that sets up a process. */
  loadCr3(value: number): void {
    this.mmu.loadCr3(value);
  }

  #decode(mode: DecodeMode): void {
    this.decoding = mode;
    this.code.clear();
  }
}
