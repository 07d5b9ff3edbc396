import type { Mm } from "./mm.ts";
import { changeProtection } from "./mprotect.ts";
import { VM_MAYWRITE, VM_SHARED, VM_WRITE } from "./vma.ts";

/**
 * Writes into the memory of another process, also where that process itself may not write: private pages are
 * copied first. Answers how many bytes went.
 *
 * @linux mm/memory.c `access_remote_vm`, mm/gup.c (FOLL_FORCE) (6.18)
 */
export function writeForced(mm: Mm, addr: number, bytes: Uint8Array): number {
  let done = mm.copyToUser(addr, bytes);
  while (done < bytes.length) {
    const at = addr + done;
    const vma = mm.findVma(at);
    const isForced =
      vma !== undefined && (vma.flags & (VM_WRITE | VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;
    if (!isForced) return done;
    const { flags } = vma;
    vma.flags |= VM_WRITE;
    const end = Math.min(bytes.length, vma.end - addr);
    const step = mm.copyToUser(at, bytes.subarray(done, end));
    vma.flags = flags;
    changeProtection(vma, vma.start, vma.end);
    if (step === 0) return done;
    done += step;
    if (done < bytes.length) done += mm.copyToUser(addr + done, bytes.subarray(done));
  }
  return done;
}
