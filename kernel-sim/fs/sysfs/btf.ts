import { EACCES, EINVAL } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Page } from "../../mm/page.ts";
import { GFP_KERNEL } from "../../mm/page-alloc.ts";
import { VM_FAULT_OOM } from "../../mm/vm-fault.ts";
import {
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_WRITE,
  type Vma,
  type VmOperations,
} from "../../mm/vma.ts";
import { binary, dir, sysfsTree } from "./node.ts";

const PAGE_SIZE = 4096;

/**
 * /sys/kernel/btf/vmlinux: the kernel's own types, for who wants to read what programs of BPF read. They are made when
 * somebody first looks.
 *
 * @linux kernel/bpf/sysfs_btf.c `btf_vmlinux_init` (6.18)
 */
export function initSysfsBtf(kernel: Kernel): void {
  sysfsTree(kernel).add(
    "kernel/btf",
    dir(() => {
      const { bpf } = kernel.hooks;
      if (bpf === undefined) return {};
      return {
        vmlinux: binary(
          () => bpf.vmlinuxBtf(),
          mapped(() => bpf.vmlinuxBtf()),
        ),
      };
    }),
  );
}

/**
 * Only read, and by who maps it alone, so that nobody can change what others see.
 *
 * @linux kernel/bpf/sysfs_btf.c `btf_sysfs_vmlinux_mmap` (6.18)
 * @simplified a page is mapped when it is first read, and counts as memory of the process: the bytes do not lie in the kernel's image
 */
function mapped(bytes: () => Uint8Array): (vma: Vma) => number {
  return (vma) => {
    if (vma.pgoff !== 0) return -EINVAL;
    if ((vma.flags & (VM_WRITE | VM_EXEC | VM_MAYSHARE)) !== 0) return -EACCES;
    if (vma.pages > Math.ceil(bytes().length / PAGE_SIZE)) return -EINVAL;
    vma.flags &= ~(VM_MAYEXEC | VM_MAYWRITE);
    vma.flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
    vma.privateData = bytes;
    vma.ops = VMLINUX_OPS;
    return 0;
  };
}

const VMLINUX_OPS: VmOperations = Object.freeze({
  fault(vma: Vma, pgoff: number): Page | number {
    const { kernel, memory } = vma.mm;
    const pages = kernel.subsystem("sysfs.btf", () => new Map<number, Page>());
    let page = pages.get(pgoff);
    if (page === undefined) {
      page = memory.allocator.alloc("kernel", GFP_KERNEL);
      if (page === undefined) return VM_FAULT_OOM;
      const bytes = vma.privateData as () => Uint8Array;
      page.bytes.set(bytes().subarray(pgoff * PAGE_SIZE, (pgoff + 1) * PAGE_SIZE));
      page.pins = 1;
      pages.set(pgoff, page);
    }
    page.refs++;
    return page;
  },
});
