/** A processor with a few pages for tests: code at 0x10000000, data at 0x20000000. */
import { CR0_PG, CR0_WP } from "../../hw/mmu.ts";
import { type PageProt, PageTable } from "../../hw/page-table.ts";
import { type PhysFrame, PhysMemory } from "../../hw/phys-memory.ts";
import { assemble } from "./asm/assembler.ts";
import { PT_LOAD } from "./asm/elf.ts";
import { link } from "./asm/link.ts";
import { Cpu } from "./cpu.ts";
import { installTables } from "./descriptor-tables.ts";
import { ESP } from "./registers.ts";

export const CODE = 0x10000000;
export const DATA = 0x20000000;

export interface TestMachine {
  readonly cpu: Cpu;
  readonly memory: PhysMemory;
  readonly tables: PageTable;
  readonly code: PhysFrame;
  readonly data: PhysFrame;
}

/** The code of a source text without anything around it, as it runs at `CODE`. */
export function codeOf(source: string): Uint8Array {
  const assembled = assemble(source);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object], { base: CODE - 0x1000 });
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  return linked.image.segments[0]!.bytes;
}

/** A machine whose program runs in user mode and has one page of code and one of data. */
export function userMachine({
  isPlain = false,
  code = { user: true, write: true } as PageProt,
} = {}) {
  const memory = new PhysMemory(256);
  let next = 100;
  const tables = new PageTable(memory, "two-level", 1, () => next++);
  tables.mapPage(CODE, 2, code);
  tables.mapPage(DATA, 3, { user: true, write: true });
  const cpu = new Cpu({ memory, isPlain });
  cpu.mmu.cr0 |= CR0_PG | CR0_WP;
  cpu.loadCr3(0x1000);
  cpu.setFlatSegments(3);
  cpu.eip = CODE;
  const machine: TestMachine = {
    ...{ cpu, memory, tables },
    code: memory.physFrame(2),
    data: memory.physFrame(3),
  };
  return machine;
}

/** Where the kernel of `kernelMachine` has its tables, and its stack's end. */
export const TABLES = 0xc0000000;
export const KERNEL_STACK = 0xc0004000;
export const USER_STACK = 0xbffff000;

export interface KernelMachine {
  readonly cpu: Cpu;
  readonly memory: PhysMemory;
  readonly tables: PageTable;
  /** The address of a symbol. */
  readonly at: (name: string) => number;
}

/**
 * A machine with a kernel in its memory. The source has the kernel in `.text` and the program in
 * `.section .user, "awx"`; each gate is `[vector, symbol, DPL]`, a symbol that ends in `!` a trap gate.
 */
export function kernelMachine(
  source: string,
  gates: readonly (readonly [number, string, 0 | 3])[],
): KernelMachine {
  const assembled = assemble(source);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object], { base: 0x08048000 });
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  const { image } = linked;
  const memory = new PhysMemory(1024);
  let next = 500;
  const tables = new PageTable(memory, "two-level", 1, () => next++);
  let frame = 16;
  const map = (vaddr: number, pages: number, prot: PageProt): number => {
    const first = frame;
    for (let i = 0; i < pages; i++) tables.mapPage(vaddr + i * 4096, frame++, prot);
    return first * 4096;
  };
  for (const segment of image.segments) {
    if (segment.type !== PT_LOAD) continue;
    const start = segment.vaddr & ~0xfff;
    const pages = Math.ceil((segment.vaddr + segment.memSize - start) / 4096);
    const isUser = image.sections.some(
      ({ name, vaddr }) => name === ".user" && vaddr >= start && vaddr < start + pages * 4096,
    );
    const paddr = map(start, pages, { user: isUser, write: true });
    segment.bytes.forEach((byte, i) => {
      memory.write8(paddr + segment.vaddr - start + i, byte);
    });
  }
  map(USER_STACK - 4096, 1, { user: true, write: true });
  const paddr = map(TABLES, 4, { write: true });
  const at = (name: string): number => {
    const symbol = image.symbols.find((known) => known.name === name);
    if (symbol === undefined) throw new Error(`there is no ${name}`);
    return symbol.value;
  };
  const cpu = new Cpu({ memory });
  cpu.mmu.cr0 |= CR0_PG | CR0_WP;
  cpu.loadCr3(0x1000);
  installTables(cpu, {
    ...{ pfn: paddr / 4096, vaddr: TABLES, kernelStack: KERNEL_STACK },
    gates: gates.map(([vector, symbol, dpl]) => ({
      ...{ vector, target: at(symbol.replace("!", "")), dpl, isTrap: symbol.endsWith("!") },
    })),
  });
  cpu.setFlatSegments(3);
  cpu.eip = at("user");
  cpu.r[ESP] = USER_STACK;
  return { cpu, memory, tables, at };
}
