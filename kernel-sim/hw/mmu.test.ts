import { describe, expect, test } from "vitest";
import {
  ACCESS_FETCH,
  ACCESS_IMPLICIT,
  ACCESS_SHADOW,
  ACCESS_USER,
  ACCESS_WRITE,
  CR0_PG,
  CR0_WP,
  CR4_CET,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  Mmu,
  PF_INSTR,
  PF_PROT,
  PF_RSVD,
  PF_SHSTK,
  PF_USER,
  PF_WRITE,
} from "./mmu.ts";
import {
  PAGE_ACCESSED,
  PAGE_DIRTY,
  type PageProt,
  PageTable,
  type PagingMode,
} from "./page-table.ts";
import { PhysMemory } from "./phys-memory.ts";
import { Tlb } from "./tlb.ts";

function machine(mode: PagingMode): { memory: PhysMemory; tables: PageTable; mmu: Mmu } {
  const memory = new PhysMemory(4096);
  let next = 10;
  const tables = new PageTable(memory, mode, 1, () => next++);
  const mmu = new Mmu(memory, mode, new Tlb({ sets: 4, ways: 2 }));
  mmu.cr0 = CR0_PG | CR0_WP;
  mmu.loadCr3(0x1000);
  return { memory, tables, mmu };
}

const MODES: PagingMode[] = ["two-level", "four-level"];

describe.each(MODES)("%s paging", (mode) => {
  const vaddr = 0x08048000;

  test("finds the frame of a mapped page and notes that it was used", () => {
    const { tables, mmu } = machine(mode);
    tables.mapPage(vaddr, 0x123, { user: true, write: true });
    expect(mmu.translate(vaddr + 0xabc, ACCESS_USER)).toBe(0x123);
    expect(tables.walk(vaddr).map(({ low }) => low & (PAGE_ACCESSED | PAGE_DIRTY))).toEqual(
      tables.walk(vaddr).map(() => PAGE_ACCESSED),
    );
    expect(mmu.translate(vaddr, ACCESS_USER | ACCESS_WRITE)).toBe(0x123);
    expect(tables.walk(vaddr).at(-1)!.low & PAGE_DIRTY).toBe(PAGE_DIRTY);
  });

  test.each<{ name: string; prot: PageProt; access: number; cr4?: number; code: number }>([
    { name: "a read by the kernel", prot: {}, access: 0, code: 0 },
    { name: "a read by the user", prot: { user: true }, access: ACCESS_USER, code: 0 },
    {
      ...{ name: "a user's read of the kernel's page", prot: {}, access: ACCESS_USER },
      code: PF_PROT | PF_USER,
    },
    {
      ...{ name: "a user's write to a read-only page", prot: { user: true } },
      ...{ access: ACCESS_USER | ACCESS_WRITE, code: PF_PROT | PF_USER | PF_WRITE },
    },
    {
      ...{ name: "the kernel's write to a read-only page", prot: {} },
      ...{ access: ACCESS_WRITE, code: PF_PROT | PF_WRITE },
    },
    {
      ...{ name: "the kernel's fetch from a user's page", prot: { user: true } },
      ...{ access: ACCESS_FETCH, cr4: CR4_SMEP, code: PF_PROT | PF_INSTR },
    },
    {
      ...{ name: "the kernel's read of a user's page with SMAP", prot: { user: true } },
      ...{ access: 0, cr4: CR4_SMAP, code: PF_PROT },
    },
  ])("$name answers error code $code", ({ prot, access, cr4, code }) => {
    const { tables, mmu } = machine(mode);
    mmu.cr4 = cr4 ?? 0;
    tables.mapPage(vaddr, 5, prot);
    const pfn = mmu.translate(vaddr, access);
    expect(pfn).toBe(code === 0 ? 5 : -1);
    expect(mmu.errorCode).toBe(code);
    expect(mmu.cr2).toBe(code === 0 ? 0 : vaddr);
  });

  test("a page that is not there faults without PF_PROT", () => {
    const { mmu } = machine(mode);
    expect(mmu.translate(0xdead000, ACCESS_USER | ACCESS_WRITE)).toBe(-1);
    expect([mmu.errorCode, mmu.cr2]).toEqual([PF_USER | PF_WRITE, 0xdead000]);
  });

  test("without CR0.WP the kernel writes where the user may not", () => {
    const { tables, mmu } = machine(mode);
    mmu.cr0 = CR0_PG;
    tables.mapPage(vaddr, 5, { user: true });
    expect(mmu.translate(vaddr, ACCESS_WRITE)).toBe(5);
    expect(mmu.translate(vaddr, ACCESS_WRITE | ACCESS_USER)).toBe(-1);
  });

  test("AC passes SMAP, but not for what the processor reads by itself", () => {
    const { tables, mmu } = machine(mode);
    mmu.cr4 = CR4_SMAP;
    mmu.ac = true;
    tables.mapPage(vaddr, 5, { user: true });
    expect(mmu.translate(vaddr, 0)).toBe(5);
    expect(mmu.translate(vaddr, ACCESS_IMPLICIT)).toBe(-1);
  });

  test("a stale translation lasts until INVLPG, a refused access drops it", () => {
    const { tables, mmu } = machine(mode);
    tables.mapPage(vaddr, 5, { user: true, write: true });
    mmu.translate(vaddr, ACCESS_USER);
    tables.mapPage(vaddr, 6, { user: true, write: true });
    expect(mmu.translate(vaddr, ACCESS_USER)).toBe(5);
    mmu.invlpg(vaddr);
    expect(mmu.translate(vaddr, ACCESS_USER)).toBe(6);
    tables.protectPage(vaddr, { write: true });
    mmu.invlpg(vaddr);
    expect(mmu.translate(vaddr, ACCESS_USER)).toBe(-1);
    tables.protectPage(vaddr, { user: true });
    expect(mmu.translate(vaddr, ACCESS_USER)).toBe(6);
  });

  test("loading CR3 keeps global pages only", () => {
    const { tables, mmu } = machine(mode);
    mmu.cr4 = CR4_PGE;
    tables.mapPage(vaddr, 5, { user: true });
    tables.mapPage(vaddr + 0x1000, 6, { user: true, global: true });
    mmu.translate(vaddr, ACCESS_USER);
    mmu.translate(vaddr + 0x1000, ACCESS_USER);
    mmu.loadCr3(0x1000);
    mmu.tlb.hits = 0;
    mmu.translate(vaddr, ACCESS_USER);
    expect(mmu.tlb.hits).toBe(0);
    mmu.translate(vaddr + 0x1000, ACCESS_USER);
    expect(mmu.tlb.hits).toBe(1);
  });
});

test("a 4 MiB page maps 1024 frames with one entry", () => {
  const { tables, mmu } = machine("two-level");
  mmu.cr4 = CR4_PSE;
  tables.mapLargePage(0xc0000000, 0x400, { write: true });
  expect(mmu.translate(0xc0123456, ACCESS_WRITE)).toBe(0x400 + 0x123);
  expect(tables.walk(0xc0123456)).toHaveLength(1);
});

test("reserved bits fault with PF_RSVD", () => {
  const { tables, mmu, memory } = machine("four-level");
  tables.mapPage(0x1000, 5, { user: true });
  const last = tables.walk(0x1000).at(-1)!;
  memory.write32(last.paddr + 4, 1 << 19);
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(-1);
  expect(mmu.errorCode).toBe(PF_PROT | PF_USER | PF_RSVD);
});

test("NX refuses fetches, and is itself reserved without EFER.NXE", () => {
  const { tables, mmu } = machine("four-level");
  tables.mapPage(0x1000, 5, { user: true, noExec: true });
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(5);
  expect(mmu.translate(0x1000, ACCESS_USER | ACCESS_FETCH)).toBe(-1);
  expect(mmu.errorCode).toBe(PF_PROT | PF_USER | PF_INSTR);
  mmu.nxe = false;
  mmu.tlb.flushAll();
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(-1);
  expect(mmu.errorCode).toBe(PF_PROT | PF_USER | PF_RSVD);
});

test("the upper half of 48-bit addresses is negative", () => {
  const { tables, mmu } = machine("four-level");
  const kernelText = -(2 ** 31);
  tables.mapPage(kernelText, 7, {});
  expect(mmu.translate(kernelText + 0x10, 0)).toBe(7);
  expect(tables.walk(kernelText).map(({ index }) => index)).toEqual([511, 510, 0, 0]);
});

test("with PCIDs a translation belongs to its address space and survives the switch", () => {
  const { tables, mmu, memory } = machine("four-level");
  mmu.cr4 = CR4_PCIDE;
  let next = 100;
  const others = new PageTable(memory, "four-level", 2, () => next++);
  tables.mapPage(0x1000, 5, { user: true });
  others.mapPage(0x1000, 6, { user: true });
  mmu.loadCr3(0x1001);
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(5);
  mmu.loadCr3(0x2002);
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(6);
  mmu.loadCr3(0x1001, true);
  mmu.tlb.hits = 0;
  expect(mmu.translate(0x1000, ACCESS_USER)).toBe(5);
  expect(mmu.tlb.hits).toBe(1);
});

test("only a shadow stack access reaches a read-only dirty page's shadow stack", () => {
  const { tables, mmu } = machine("four-level");
  mmu.cr4 = CR4_CET;
  tables.mapPage(0x1000, 5, { user: true, dirty: true });
  const access = ACCESS_USER | ACCESS_SHADOW | ACCESS_WRITE;
  expect(mmu.translate(0x1000, access)).toBe(5);
  expect(mmu.translate(0x1000, ACCESS_USER | ACCESS_WRITE)).toBe(-1);
  tables.mapPage(0x2000, 6, { user: true, write: true });
  expect(mmu.translate(0x2000, access)).toBe(-1);
  expect(mmu.errorCode).toBe(PF_PROT | PF_USER | PF_WRITE | PF_SHSTK);
});
