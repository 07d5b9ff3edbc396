/**
 * A kernel's descriptor tables in simulated memory: GDT, IDT and task state in one page, with the
 * selectors that a 32-bit Linux has.
 *
 * @linux arch/x86/include/asm/segment.h `GDT_ENTRY_KERNEL_CS`, `GDT_ENTRY_TSS` (6.18)
 * @simplified Linux has the three in pages of their own, one set for each processor.
 */
import type { Cpu } from "./cpu.ts";
import { DESC_PRESENT, encodeDescriptor, encodeGate, parseDescriptor } from "./segment.ts";

export const KERNEL_CS = 12 * 8;
export const KERNEL_DS = 13 * 8;
export const USER_CS = 14 * 8 + 3;
export const USER_DS = 15 * 8 + 3;
export const TSS_SELECTOR = 16 * 8;

const GDT_ENTRIES = 32;
/** Places in the page. */
export const TSS_OFFSET = 0x100;
export const IDT_OFFSET = 0x800;
const TSS_BYTES = 104;
export const TSS_ESP0 = 4;
const TSS_SS0 = 8;
/** Of ring 1, which Linux has no use for: the end of the thread's stack, when that is not ESP0. */
export const TSS_ESP1 = 12;
const TSS_IO_MAP = 102;

/** A gate of the IDT. */
export interface Gate {
  readonly vector: number;
  /** Where the handler begins. */
  readonly target: number;
  /** From which ring on INT n may use it. */
  readonly dpl: 0 | 3;
  /** A trap gate leaves IF as it is. */
  readonly isTrap?: boolean;
}

export interface TablesSpec {
  /** The frame that holds the tables, and where it is mapped. */
  readonly pfn: number;
  readonly vaddr: number;
  /** ESP of the kernel after an entry from user mode. */
  readonly kernelStack: number;
  /** Where the entry code goes on when `kernelStack` is only a stack of the processor's. */
  readonly threadStack?: number;
  readonly gates: readonly Gate[];
}

/** Writes the tables and makes the processor use them, as LGDT, LIDT and LTR would. */
export function installTables(cpu: Cpu, spec: TablesSpec): void {
  const { pfn, vaddr, kernelStack, threadStack = kernelStack, gates } = spec;
  const { memory } = cpu.mmu;
  const start = pfn * 4096;
  const write = (place: number, [low, high]: readonly [number, number]): void => {
    memory.write32(start + place, low);
    memory.write32(start + place + 4, high);
  };
  const flat = { base: 0, limit: 0xffffffff };
  // Code that can be read and data that can be written, with the accessed bit, present.
  write(KERNEL_CS, encodeDescriptor({ ...flat, type: 0x9b }));
  write(KERNEL_DS, encodeDescriptor({ ...flat, type: 0x93 }));
  write(USER_CS & ~7, encodeDescriptor({ ...flat, type: 0xfb }));
  write(USER_DS & ~7, encodeDescriptor({ ...flat, type: 0xf3 }));
  const task = { base: vaddr + TSS_OFFSET, limit: TSS_BYTES - 1, is32: false };
  const busy = encodeDescriptor({ ...task, type: DESC_PRESENT | 11 });
  write(TSS_SELECTOR, busy);
  memory.write32(start + TSS_OFFSET + TSS_ESP0, kernelStack);
  memory.write32(start + TSS_OFFSET + TSS_SS0, KERNEL_DS);
  memory.write32(start + TSS_OFFSET + TSS_ESP1, threadStack);
  // A map of ports behind the segment's end: no port is open.
  memory.write16(start + TSS_OFFSET + TSS_IO_MAP, TSS_BYTES);
  for (const { vector, target, dpl, isTrap } of gates) {
    write(IDT_OFFSET + vector * 8, encodeGate(KERNEL_CS, target, dpl, isTrap));
  }
  cpu.hostDescriptors = undefined;
  Object.assign(cpu.gdtr, { base: vaddr | 0, limit: GDT_ENTRIES * 8 - 1 });
  Object.assign(cpu.idtr, { base: (vaddr + IDT_OFFSET) | 0, limit: 256 * 8 - 1 });
  cpu.tr.set(TSS_SELECTOR, parseDescriptor(...busy));
}
