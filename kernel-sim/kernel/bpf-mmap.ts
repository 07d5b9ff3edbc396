/** Maps in the memory of tasks. @linux kernel/bpf/syscall.c `bpf_map_mmap`, kernel/bpf/arena.c `arena_vm_ops` (6.18) */
import type { BpfObject } from "../bpf/kernel.ts";
import type { File } from "../fs/fs.ts";
import { ENODEV } from "../include/errno.ts";
import { VM_MAYEXEC, VM_MAYWRITE, VM_SHARED, VM_WRITE, type Vma } from "../mm/vma.ts";
import { mapArena } from "./bpf-mmap-arena.ts";
import { mapPages } from "./bpf-mmap-pages.ts";

/** @linux kernel/bpf/syscall.c `bpf_get_unmapped_area` (6.18) */
export function bpfGetUnmappedArea(
  { inode, privateData }: File,
  addr: number,
  len: number,
  pgoff: number,
  find: (len: number) => number,
): number {
  const arena = inode.sb.kernel.hooks.bpf?.arenaOf(privateData as BpfObject);
  return arena === undefined ? find(len) : arena.unmappedArea(addr, len, pgoff, find);
}

/** @linux kernel/bpf/syscall.c `bpf_map_mmap` (6.18) */
export function bpfMmap({ inode, privateData }: File, vma: Vma): number {
  const { kernel } = inode.sb;
  const { bpf } = kernel.hooks;
  const object = privateData as BpfObject;
  const map = bpf?.mapOf(object);
  if (bpf === undefined || map === undefined) return -ENODEV;
  const err = bpf.mmap(map, {
    ...{ start: vma.start, end: vma.end, page: vma.pgoff },
    isShared: (vma.flags & VM_SHARED) !== 0,
    isWritable: (vma.flags & VM_WRITE) !== 0,
  });
  if (err !== 0) return err;
  vma.flags &= ~VM_MAYEXEC;
  // What cannot be written now never can.
  if ((vma.flags & VM_WRITE) === 0) vma.flags &= ~VM_MAYWRITE;
  const arena = bpf.arenaOf(object);
  if (arena !== undefined) mapArena(vma, arena, bpf.sharedPages());
  else mapPages(vma, map, kernel, bpf.sharedPages());
  return 0;
}
