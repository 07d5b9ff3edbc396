import { EFAULT, EINVAL } from "../include/errno.ts";
import { isCompat } from "../kernel/entry/invoke.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { copyFromUser, copyToUser, putUser32 } from "./uaccess.ts";

const MPOL_DEFAULT = 0;
const MPOL_PREFERRED = 1;
const MPOL_BIND = 2;
const MPOL_LOCAL = 4;
const MPOL_PREFERRED_MANY = 5;
const MPOL_MAX = 7;
const MPOL_F_STATIC_NODES = 1 << 15;
const MPOL_F_RELATIVE_NODES = 1 << 14;
const MPOL_F_NUMA_BALANCING = 1 << 13;
const MPOL_MODE_FLAGS = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING;
const MPOL_F_NODE = 1;
const MPOL_F_ADDR = 2;
const MPOL_F_MEMS_ALLOWED = 4;
/** Nodes that the kernel could have; the machine has one, number 0. */
const NODES_MAX = 1024;
const MASK_BITS_MAX = 4096 * 8;
const WORD_BITS = 64;

/** Where a thread wants its memory: `struct mempolicy`. */
interface Mempolicy {
  /** MPOL_… with its flags. */
  readonly mode: number;
  /** Node 0 is named. */
  readonly hasNode: boolean;
}

function policiesOf(task: Task): Map<Task, Mempolicy> {
  const { kernel } = task;
  return kernel.subsystem("mempolicy", () => {
    const policies = new Map<Task, Mempolicy>();
    kernel.hooks.taskExits.push((ended) => {
      policies.delete(ended);
    });
    return policies;
  });
}

interface Nodes {
  readonly isEmpty: boolean;
  readonly hasNode: boolean;
}

/**
 * A set of nodes that the caller names, or -EINVAL, -EFAULT.
 *
 * @linux mm/mempolicy.c `get_nodes` (6.18)
 */
function getNodes(task: Task, addr: number, maxnode: number): Nodes | number {
  const bits = toUlong(maxnode) - 1;
  if (bits <= 0 || addr === 0) return { isEmpty: true, hasNode: false };
  if (bits > MASK_BITS_MAX) return -EINVAL;
  // Whole words of the program (`compat_get_bitmap`).
  const wordBits = isCompat(task) ? 32 : WORD_BITS;
  const bytes = Math.ceil(bits / wordBits) * (wordBits / 8);
  const mask = copyFromUser(task, addr, bytes);
  if (typeof mask === "number") return -EFAULT;
  let isEmpty = true;
  for (let bit = 0; bit < bits; bit++) {
    if ((mask[bit >> 3]! & (1 << (bit & 7))) === 0) continue;
    if (bit >= NODES_MAX) return -EINVAL;
    isEmpty = false;
  }
  return { isEmpty, hasNode: (mask[0]! & 1) !== 0 };
}

/** The policy that is asked for, or -EINVAL. @linux mm/mempolicy.c `sanitize_mpol_flags`, `mpol_new` (6.18) */
function newPolicy(wanted: number, nodes: Nodes): Mempolicy | undefined | number {
  const flags = wanted & MPOL_MODE_FLAGS;
  const mode = wanted & ~MPOL_MODE_FLAGS;
  const isPlaced = (flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)) !== 0;
  if (mode < 0 || mode >= MPOL_MAX) return -EINVAL;
  if ((flags & MPOL_F_STATIC_NODES) !== 0 && (flags & MPOL_F_RELATIVE_NODES) !== 0) return -EINVAL;
  const mayBalance = mode === MPOL_BIND || mode === MPOL_PREFERRED_MANY;
  if ((flags & MPOL_F_NUMA_BALANCING) !== 0 && !mayBalance) return -EINVAL;
  if (mode === MPOL_DEFAULT) return nodes.isEmpty ? undefined : -EINVAL;
  if (mode === MPOL_LOCAL || (mode === MPOL_PREFERRED && nodes.isEmpty)) {
    return nodes.isEmpty && !isPlaced ? { mode: MPOL_LOCAL | flags, hasNode: false } : -EINVAL;
  }
  // Of the nodes that are named one must be there.
  return nodes.hasNode ? { mode: mode | flags, hasNode: true } : -EINVAL;
}

/** @linux mm/mempolicy.c `kernel_set_mempolicy` (6.18) */
function sysSetMempolicy(task: Task, mode: number, nmask: number, maxnode: number): number {
  const nodes = getNodes(task, nmask, maxnode);
  if (typeof nodes === "number") return nodes;
  const policy = newPolicy(mode | 0, nodes);
  if (typeof policy === "number") return policy;
  if (policy === undefined) policiesOf(task).delete(task);
  else policiesOf(task).set(task, policy);
  return 0;
}

/**
 * Where memory of the caller comes from. All of it is on node 0.
 *
 * @linux mm/mempolicy.c `kernel_get_mempolicy` (6.18)
 * @simplified mappings have no policies of their own (mbind is missing), and a child begins with the default.
 */
function sysGetMempolicy(
  task: Task,
  policy: number,
  nmask: number,
  maxnode: number,
  addr: number,
  flags: number,
): number {
  const size = toUlong(maxnode);
  if (nmask !== 0 && size < 1) return -EINVAL;
  if ((flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) !== 0) return -EINVAL;
  const own = policiesOf(task).get(task);
  let mode = own?.mode ?? MPOL_DEFAULT;
  let hasNode = own?.hasNode ?? false;
  if ((flags & MPOL_F_MEMS_ALLOWED) !== 0) {
    if ((flags & (MPOL_F_NODE | MPOL_F_ADDR)) !== 0) return -EINVAL;
    mode = 0;
    hasNode = true;
  } else if ((flags & MPOL_F_ADDR) !== 0) {
    if (task.mm!.findVma(toAddress(addr)) === undefined) return -EFAULT;
    mode = MPOL_DEFAULT;
    hasNode = false;
    if ((flags & MPOL_F_NODE) !== 0 && !isThere(task, addr)) return -EFAULT;
  } else if (addr !== 0 || (flags & MPOL_F_NODE) !== 0) return -EINVAL;
  if (policy !== 0 && putUser32(task, policy, mode) !== 0) return -EFAULT;
  return nmask === 0 ? 0 : putNodes(task, nmask, size, hasNode);
}

/** The page of an address, brought in as a read would. */
function isThere(task: Task, addr: number): boolean {
  return task.mm!.copyFromUser(addr, new Uint8Array(1)) === 1;
}

/** @linux mm/mempolicy.c `copy_nodes_to_user` */
function putNodes(task: Task, addr: number, maxnode: number, hasNode: boolean): number {
  const bytes = Math.ceil((maxnode - 1) / WORD_BITS) * 8;
  if (bytes > 4096) return -EINVAL;
  const mask = new Uint8Array(bytes);
  if (hasNode && bytes > 0) mask[0] = 1;
  return copyToUser(task, addr, mask);
}

/** Policies of memory on the one node that there is. */
export const mempolicySyscalls: SyscallTable = {
  get_mempolicy: sysGetMempolicy,
  set_mempolicy: sysSetMempolicy,
};
