import { ENOMEM } from "../../../../include/errno.ts";
import type { Kernel } from "../../../../kernel/kernel.ts";
import { timekeeperOf } from "../../../../kernel/time/timekeeping.ts";
import { Vsyscall } from "../../../../kernel/time/vsyscall.ts";
import type { Mm } from "../../../../mm/mm.ts";
import type { Page } from "../../../../mm/page.ts";
import {
  installSpecialMapping,
  type SpecialMapping,
  specialPages,
} from "../../../../mm/special-mapping.ts";
import { getUnmappedArea } from "../../../../mm/unmapped-area.ts";
import {
  VM_DONTDUMP,
  VM_EXEC,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
} from "../../../../mm/vma.ts";
import { image32Bytes, offset32 } from "./image32.ts";
import { image64Bytes } from "./image64.ts";
import { VVAR_BELOW } from "./layout.ts";

const PAGE_SIZE = 4096;
const VVAR_PAGES = 4;
const VCLOCK_PAGES = 2;
const VDSO_PAGES = 2;

/** The image of 32-bit programs: its bytes, and where in it is what the kernel itself has to know. */
interface VdsoImage {
  readonly mapping: SpecialMapping;
  readonly vsyscall: number;
  readonly landingPad: number;
  readonly sigreturn: number;
  readonly rtSigreturn: number;
}

interface DataPages {
  readonly vvar: SpecialMapping;
  readonly vclock: SpecialMapping;
}

/**
 * Maps the pages that the kernel gives to every process: a small library of code, and the data that this reads.
 *
 * @linux arch/x86/entry/vdso/vma.c `map_vdso` (6.18)
 * @simplified no `__vdso_getrandom`. The code of the image for 64-bit programs is there for who looks: TypeScript programs
 * call `sys.vdso_clock_gettime` instead.
 */
export function mapVdso(mm: Mm): number {
  const image = imageOf(mm);
  const data = mm.kernel.subsystem("vvar", () => makeData(mm));
  if (image === undefined || data === undefined) return -ENOMEM;
  const start = getUnmappedArea(mm, 0, VVAR_BELOW + VDSO_PAGES * PAGE_SIZE, 0);
  if (start < 0) return start;
  const text = start + VVAR_BELOW;
  const dataFlags = VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP;
  const textFlags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  installSpecialMapping(mm, text, VDSO_PAGES * PAGE_SIZE, textFlags, image.mapping);
  installSpecialMapping(mm, start, VVAR_PAGES * PAGE_SIZE, dataFlags, data.vvar);
  const vclock = start + VVAR_PAGES * PAGE_SIZE;
  installSpecialMapping(mm, vclock, VCLOCK_PAGES * PAGE_SIZE, dataFlags, data.vclock);
  mm.vdso = text;
  return 0;
}

/** What AT_SYSINFO names: where a 32-bit program calls the kernel. */
export function vsyscallEntry(mm: Mm): number {
  return mm.vdso + image32(mm)!.vsyscall;
}

/** Where SYSENTER returns to, wherever it was executed. */
export function vsyscallLandingPad(mm: Mm): number {
  return mm.vdso + image32(mm)!.landingPad;
}

/** Where a handler of a 32-bit program returns to that has named no restorer. */
export function vdsoSigreturn(mm: Mm, isRt: boolean): number {
  const image = image32(mm)!;
  return mm.vdso + (isRt ? image.rtSigreturn : image.sigreturn);
}

/** Where the data of the vDSO lie in a process; undefined when it has none. They are brought up to date. */
export function vvarOf(mm: Mm): number | undefined {
  if (mm.vdso === 0) return undefined;
  timekeeperOf(mm.kernel).vsyscall?.tick();
  return mm.vdso - VVAR_BELOW;
}

function imageOf(mm: Mm): VdsoImage | undefined {
  return mm.tables.mode === "four-level" ? image64(mm) : image32(mm);
}

function image32(mm: Mm): VdsoImage | undefined {
  return mm.kernel.subsystem("vdso32", () => {
    const pages = specialPages(mm, image32Bytes(VDSO_PAGES * PAGE_SIZE), VDSO_PAGES);
    if (pages === undefined) return undefined;
    return {
      mapping: named("[vdso]", pages),
      vsyscall: offset32("__kernel_vsyscall"),
      landingPad: offset32("landing_pad"),
      sigreturn: offset32("__kernel_sigreturn"),
      rtSigreturn: offset32("__kernel_rt_sigreturn"),
    };
  });
}

function image64(mm: Mm): VdsoImage | undefined {
  return mm.kernel.subsystem("vdso64", () => {
    const pages = specialPages(mm, image64Bytes(VDSO_PAGES * PAGE_SIZE), VDSO_PAGES);
    if (pages === undefined) return undefined;
    const mapping = named("[vdso]", pages);
    return { mapping, vsyscall: 0, landingPad: 0, sigreturn: 0, rtSigreturn: 0 };
  });
}

function makeData(mm: Mm): DataPages | undefined {
  const vvar = specialPages(mm, new Uint8Array(0), VVAR_PAGES);
  const vclock = specialPages(mm, new Uint8Array(0), VCLOCK_PAGES);
  if (vvar === undefined || vclock === undefined) return undefined;
  keepUpToDate(mm.kernel, vvar[0]!);
  return { vvar: named("[vvar]", vvar), vclock: named("[vvar_vclock]", vclock) };
}

function keepUpToDate(kernel: Kernel, { bytes }: Page): void {
  timekeeperOf(kernel).vsyscall = new Vsyscall(kernel, bytes);
}

function named(name: string, pages: Page[]): SpecialMapping {
  return { name, pages };
}
