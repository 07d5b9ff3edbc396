import type { AddressSpace } from "./address-space.ts";
import { VM_MAYWRITE, VM_SHARED, type Vma } from "./vma.ts";

/** Shared, and it may write or be made to (`vma_is_shared_maywrite`). */
function isSharedMaywrite(vma: Vma): boolean {
  return (vma.flags & (VM_SHARED | VM_MAYWRITE)) === (VM_SHARED | VM_MAYWRITE);
}

export function mappingOf(vma: Vma): AddressSpace | undefined {
  return vma.file?.inode.mapping;
}

/** The file's pages know of the mapping from now on. @linux mm/vma.c `__vma_link_file` */
export function linkFile(vma: Vma): void {
  const mapping = mappingOf(vma);
  if (mapping === undefined) return;
  if (isSharedMaywrite(vma)) mapping.writableMmaps++;
  mapping.mmaps.add(vma);
}

/** @linux mm/vma.c `__remove_shared_vm_struct` */
export function unlinkFile(vma: Vma): void {
  const mapping = mappingOf(vma);
  if (mapping === undefined || !mapping.mmaps.delete(vma)) return;
  if (isSharedMaywrite(vma)) mapping.writableMmaps--;
}
