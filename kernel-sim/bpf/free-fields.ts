/** What values of maps, and objects of programs, hold in fields that are the kernel's own. */
import * as fieldTypes from "./btf/field-types.ts";
import { BTF_KIND_STRUCT } from "./btf/kinds.ts";
import type { BtfField, BtfRecord } from "./btf/record.ts";
import type { BpfKernel } from "./kernel.ts";
import { putCpumask } from "./kfuncs/cpumask.ts";
import { putCryptoCtx } from "./kfuncs/crypto.ts";
import { takeList } from "./kfuncs/lists.ts";
import { RbTree } from "./kfuncs/rbtree.ts";
import { putTask } from "./kfuncs/task.ts";

/** In a node of a tree: which one it is in. */
const RB_OWNER = 24;

/** By the structure: gives a reference to an object of the kernel back. */
const DTORS: ReadonlyMap<string, (kernel: BpfKernel, object: number) => void> = new Map([
  ["bpf_cpumask", ({ memory }, mask) => putCpumask(memory, mask)],
  ["bpf_crypto_ctx", ({ memory }, ctx) => putCryptoCtx(memory, ctx)],
  ["task_struct", putTask],
]);

/**
 * Gives up what the fields at `at` hold, and leaves them empty.
 *
 * @linux kernel/bpf/syscall.c `bpf_obj_free_fields` (6.18)
 */
export function freeFields(kernel: BpfKernel, record: BtfRecord, at: number): void {
  for (const field of record.fields) freeField(kernel, field, at + field.offset);
}

function freeField(kernel: BpfKernel, field: BtfField, at: number): void {
  switch (field.type) {
    case fieldTypes.BPF_TIMER:
    case fieldTypes.BPF_WORKQUEUE:
    case fieldTypes.BPF_TASK_WORK:
      kernel.async.free(at);
      break;
    case fieldTypes.BPF_KPTR_UNREF:
      kernel.memory.bytes.fill(0, at, at + field.size);
      break;
    case fieldTypes.BPF_KPTR_REF:
    case fieldTypes.BPF_KPTR_PERCPU:
      freeKptr(kernel, field, at);
      break;
    case fieldTypes.BPF_LIST_HEAD:
      freeList(kernel, at);
      break;
    case fieldTypes.BPF_RB_ROOT:
      freeTree(kernel, at);
      break;
  }
}

function freeKptr(kernel: BpfKernel, { kptr }: BtfField, at: number): void {
  const { memory, programObjects } = kernel;
  const object = memory.view.getInt32(at, true);
  memory.bytes.fill(0, at, at + 8);
  if (object === 0 || kptr === undefined) return;
  const { btf, typeId } = kptr;
  if (!btf.isKernel) {
    programObjects.drop(object);
    return;
  }
  const struct = btf.typeById(typeId);
  if (struct?.kind === BTF_KIND_STRUCT) DTORS.get(btf.nameOf(struct))?.(kernel, object);
}

/** @linux kernel/bpf/helpers.c `bpf_list_head_free` (6.18) */
function freeList({ memory, programObjects }: BpfKernel, head: number): void {
  for (const node of takeList(memory, head)) programObjects.drop(programObjects.ofListNode(node));
}

/** @linux kernel/bpf/helpers.c `bpf_rb_root_free` (6.18) */
function freeTree({ memory, programObjects }: BpfKernel, root: number): void {
  for (const node of new RbTree(memory, root).takeAll()) {
    // What others hold, too, may go into another tree.
    memory.view.setInt32(node + RB_OWNER, 0, true);
    programObjects.drop(programObjects.ofTreeNode(node));
  }
}
