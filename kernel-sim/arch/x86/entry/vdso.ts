import { ENOMEM } from "../../../include/errno.ts";
import type { Mm } from "../../../mm/mm.ts";
import type { Page } from "../../../mm/page.ts";
import {
  installSpecialMapping,
  type SpecialMapping,
  specialPages,
} from "../../../mm/special-mapping.ts";
import { getUnmappedArea } from "../../../mm/unmapped-area.ts";
import {
  VM_DONTDUMP,
  VM_EXEC,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
} from "../../../mm/vma.ts";

const VVAR_PAGES = 4;
const VCLOCK_PAGES = 2;
const VDSO_PAGES = 2;
/** Where `__kernel_vsyscall` of 32-bit programs lies in the page. */
const VSYSCALL_OFFSET = 0x560;

/**
 * Registers that SYSENTER and SYSEXIT destroy are saved, EBP tells the kernel the stack. A call that is made again
 * begins at INT 0x80, in front of the landing pad.
 *
 * @linux arch/x86/entry/vdso/vdso32/system_call.S `__kernel_vsyscall` (6.18)
 */
const VSYSCALL: readonly number[] = [
  ...[0x51, 0x52, 0x55], // push %ecx, %edx, %ebp
  ...[0x89, 0xe5], // mov %esp, %ebp
  ...[0x0f, 0x34], // sysenter
  ...[0xcd, 0x80], // int $0x80
  ...[0x5d, 0x5a, 0x59, 0xc3], // pop %ebp, %edx, %ecx; ret
];
const LANDING_PAD_OFFSET = VSYSCALL_OFFSET + 9;

interface Vdso {
  readonly vvar: SpecialMapping;
  readonly vclock: SpecialMapping;
  readonly vdso: SpecialMapping;
}

/**
 * Maps the pages that the kernel gives to every process: its data, and the code by which 32-bit programs
 * enter it.
 *
 * @linux arch/x86/entry/vdso/vma.c `map_vdso` (6.18)
 * @simplified the image exports no functions: clock_gettime and its like are system calls.
 */
export function mapVdso(mm: Mm): number {
  const image = vdsoOf(mm);
  if (image === undefined) return -ENOMEM;
  const bytes = (VVAR_PAGES + VCLOCK_PAGES + VDSO_PAGES) * 4096;
  const start = getUnmappedArea(mm, 0, bytes, 0);
  if (start < 0) return start;
  const text = start + (VVAR_PAGES + VCLOCK_PAGES) * 4096;
  const dataFlags = VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP;
  const textFlags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  installSpecialMapping(mm, text, VDSO_PAGES * 4096, textFlags, image.vdso);
  installSpecialMapping(mm, start, VVAR_PAGES * 4096, dataFlags, image.vvar);
  const vclock = start + VVAR_PAGES * 4096;
  installSpecialMapping(mm, vclock, VCLOCK_PAGES * 4096, dataFlags, image.vclock);
  mm.vdso = text;
  return 0;
}

/** What AT_SYSINFO names: where a 32-bit program calls the kernel. */
export function vsyscallEntry(mm: Mm): number {
  return mm.vdso + VSYSCALL_OFFSET;
}

/** Where SYSENTER returns to, wherever it was executed. */
export function vsyscallLandingPad(mm: Mm): number {
  return mm.vdso + LANDING_PAD_OFFSET;
}

function vdsoOf(mm: Mm): Vdso | undefined {
  const name = mm.tables.mode === "four-level" ? "vdso64" : "vdso32";
  return mm.kernel.subsystem(name, () => makeVdso(mm));
}

function makeVdso(mm: Mm): Vdso | undefined {
  const text = new Uint8Array(VDSO_PAGES * 4096);
  const is64Bit = mm.tables.mode === "four-level";
  text.set([0x7f, 0x45, 0x4c, 0x46, is64Bit ? 2 : 1, 1, 1]);
  text[16] = 3;
  text[18] = is64Bit ? 62 : 3;
  if (!is64Bit) text.set(VSYSCALL, VSYSCALL_OFFSET);
  const vdso = specialPages(mm, text, VDSO_PAGES);
  const vvar = specialPages(mm, new Uint8Array(0), VVAR_PAGES);
  const vclock = specialPages(mm, new Uint8Array(0), VCLOCK_PAGES);
  if (vdso === undefined || vvar === undefined || vclock === undefined) return undefined;
  return {
    vvar: named("[vvar]", vvar),
    vclock: named("[vvar_vclock]", vclock),
    vdso: named("[vdso]", vdso),
  };
}

function named(name: string, pages: Page[]): SpecialMapping {
  return { name, pages };
}
