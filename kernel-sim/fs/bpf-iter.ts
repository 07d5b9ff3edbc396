import type { BpfObject } from "../bpf/kernel.ts";
import { EFAULT, EINVAL, EIO } from "../include/errno.ts";
import type { FileOperations } from "./fs.ts";

/** @linux kernel/bpf/bpf_iter.c `bpf_iter_fops` (6.18) */
export const iterFileOperations: FileOperations = {
  open(task, inode, file) {
    // A name of the link: each opener gets a walk of their own.
    const { bpf } = task.kernel.hooks;
    const object = inode.privateData as BpfObject;
    if (bpf?.isIter(object) !== true) return -EIO;
    const walk = bpf.iterOf(object);
    if (typeof walk === "number") return walk;
    file.privateData = walk;
    bpf.hold(walk);
    return 0;
  },
  readIter({ task, file }, iter) {
    const { bpf } = task.kernel.hooks;
    const text = bpf?.read(file.privateData as BpfObject, task.pid, iter.count) ?? -EINVAL;
    if (typeof text === "number") return text;
    return iter.copyTo(text) === text.length ? text.length : -EFAULT;
  },
  release(file) {
    file.inode.sb.kernel.hooks.bpf?.release(file.privateData as BpfObject);
  },
};
