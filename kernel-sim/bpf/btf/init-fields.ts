import type { BpfMemory } from "../memory.ts";
import { BPF_LIST_HEAD, BPF_LIST_NODE, BPF_RB_NODE, BPF_REFCOUNT } from "./field-types.ts";
import type { BtfField, BtfRecord } from "./record.ts";

/** The kernel's own fields, as they are where nobody has used them. @linux include/linux/bpf.h `bpf_obj_init` (6.18) */
export function initFields(memory: BpfMemory, record: BtfRecord, at: number): void {
  for (const field of record.fields) initField(memory, field, at + field.offset);
}

function initField({ bytes, view }: BpfMemory, { type, size }: BtfField, at: number): void {
  bytes.fill(0, at, at + size);
  switch (type) {
    case BPF_REFCOUNT:
      view.setUint32(at, 1, true);
      break;
    case BPF_RB_NODE:
      view.setUint32(at, at, true);
      break;
    case BPF_LIST_HEAD:
    case BPF_LIST_NODE:
      view.setUint32(at, at, true);
      view.setUint32(at + 8, at, true);
      break;
  }
}
