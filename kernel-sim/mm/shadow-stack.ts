import { PAGE_DIRTY, PAGE_PRESENT, PAGE_RW } from "../hw/page-table.ts";
import { handleMmFault } from "./fault.ts";
import type { Mm } from "./mm.ts";
import { ptePfn } from "./pgtable.ts";
import { VM_SHADOW_STACK } from "./vma.ts";

/**
 * The kernel's own way to write to a shadow stack, to which no ordinary store reaches: false where there is none.
 *
 * @linux arch/x86/include/asm/special_insns.h `write_user_shstk_64` (6.18)
 */
export function writeShadowStack(mm: Mm, addr: number, bytes: Uint8Array): boolean {
  return eachByte(mm, addr, bytes.length, (frame, offset, i) => {
    frame[offset] = bytes[i]!;
  });
}

/** `n` bytes of a shadow stack; undefined where there is none. */
export function readShadowStack(
  mm: Mm,
  addr: number,
  n: number,
): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(n);
  const isThere = eachByte(mm, addr, n, (frame, offset, i) => {
    bytes[i] = frame[offset]!;
  });
  return isThere ? bytes : undefined;
}

function eachByte(
  mm: Mm,
  addr: number,
  n: number,
  visit: (frame: Uint8Array, offset: number, i: number) => void,
): boolean {
  for (let i = 0; i < n; i++) {
    const frame = shadowFrame(mm, addr + i);
    if (frame === undefined) return false;
    visit(frame, (addr + i) % 4096, i);
  }
  return true;
}

/** The frame behind an address of a shadow stack, made to be there: read-only and dirty. */
function shadowFrame(mm: Mm, addr: number): Uint8Array | undefined {
  const vma = mm.findVma(addr);
  if (vma === undefined || (vma.flags & VM_SHADOW_STACK) === 0) return undefined;
  const isShadow = (low: number) =>
    (low & (PAGE_PRESENT | PAGE_DIRTY | PAGE_RW)) === (PAGE_PRESENT | PAGE_DIRTY);
  if (!isShadow(mm.tables.low(addr))) handleMmFault(vma, addr, true);
  const low = mm.tables.low(addr);
  return isShadow(low) ? mm.memory.phys.frame(ptePfn(low)) : undefined;
}
