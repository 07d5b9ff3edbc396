/** A processor with a few pages for tests: code at 0x10000000, data at 0x20000000. */
import { CR0_PG, CR0_WP } from "../../hw/mmu.ts";
import { type PageProt, PageTable } from "../../hw/page-table.ts";
import { type PhysFrame, PhysMemory } from "../../hw/phys-memory.ts";
import { Cpu } from "./cpu.ts";

export const CODE = 0x10000000;
export const DATA = 0x20000000;

export interface TestMachine {
  readonly cpu: Cpu;
  readonly memory: PhysMemory;
  readonly tables: PageTable;
  readonly code: PhysFrame;
  readonly data: PhysFrame;
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
