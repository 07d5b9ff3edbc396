import type { Mm } from "./mm.ts";
import type { Page } from "./page.ts";
import { GFP_KERNEL } from "./page-alloc.ts";
import { VM_FAULT_SIGBUS } from "./vm-fault.ts";
import { VM_DONTEXPAND, Vma, type VmOperations } from "./vma.ts";

/** Pages of the kernel that processes see: `struct vm_special_mapping`. */
export interface SpecialMapping {
  /** Such as `[vdso]`. */
  readonly name: string;
  readonly pages: readonly Page[];
}

/** Pages with these contents, for all processes of the machine; undefined without memory. */
export function specialPages(mm: Mm, bytes: Uint8Array, count: number): Page[] | undefined {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) {
    const page = mm.memory.allocator.alloc("kernel", GFP_KERNEL);
    if (page === undefined) return undefined;
    page.pins = 1;
    page.bytes.set(bytes.subarray(i * 4096, (i + 1) * 4096));
    pages.push(page);
  }
  return pages;
}

const SPECIAL_OPS: VmOperations = Object.freeze({
  name: (vma: Vma) => (vma.privateData as SpecialMapping).name,
  fault(vma: Vma, pgoff: number): Page | number {
    const page = (vma.privateData as SpecialMapping).pages[pgoff];
    if (page === undefined) return VM_FAULT_SIGBUS;
    page.refs++;
    return page;
  },
  close(): void {
    // Its pages belong to the machine.
  },
});

/** @linux mm/mmap.c `_install_special_mapping` (6.18) */
export function installSpecialMapping(
  mm: Mm,
  start: number,
  len: number,
  flags: number,
  mapping: SpecialMapping,
): Vma {
  const vma = new Vma(mm, start, start + len, flags | VM_DONTEXPAND | mm.defFlags, 0, undefined);
  vma.ops = SPECIAL_OPS;
  vma.privateData = mapping;
  mm.link(vma);
  mm.statAccount(vma.flags, len / 4096);
  return vma;
}

/** The page at `pgoff` of such a mapping; undefined of any other. */
export function specialPage(vma: Vma, pgoff: number): Page | undefined {
  return vma.ops === SPECIAL_OPS ? (vma.privateData as SpecialMapping).pages[pgoff] : undefined;
}
