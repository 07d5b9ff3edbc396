import * as fieldTypes from "../btf/field-types.ts";
import type { BtfField, BtfRecord } from "../btf/record.ts";
import type { BpfMemory } from "../memory.ts";
import type { BpfTimers } from "../timers.ts";

/**
 * What of the values of a map is the kernel's own: copies leave it out, and it ends with the value.
 *
 * @linux include/linux/bpf.h `bpf_obj_memcpy`, `bpf_obj_init`, kernel/bpf/syscall.c
 * `bpf_obj_free_fields` (6.18)
 */
export class ValueFields {
  readonly record: BtfRecord;
  readonly #memory: BpfMemory;
  readonly #timers: BpfTimers;

  constructor(record: BtfRecord, memory: BpfMemory, timers: BpfTimers) {
    this.record = record;
    this.#memory = memory;
    this.#timers = timers;
  }

  get hasLock(): boolean {
    return this.record.has(fieldTypes.BPF_SPIN_LOCK);
  }

  /** @param size of the value in bytes */
  copy(to: number, from: number, size: number): void {
    const { bytes } = this.#memory;
    let start = 0;
    for (const { offset, size: fieldBytes } of this.record.fields) {
      bytes.copyWithin(to + start, from + start, from + offset);
      start = offset + fieldBytes;
    }
    bytes.copyWithin(to + start, from + start, from + size);
  }

  /** As they are in a value that nobody has used. */
  init(value: number): void {
    for (const field of this.record.fields) this.#initField(field, value + field.offset);
  }

  #initField({ type, size }: BtfField, at: number): void {
    const { bytes, view } = this.#memory;
    bytes.fill(0, at, at + size);
    switch (type) {
      case fieldTypes.BPF_REFCOUNT:
        view.setUint32(at, 1, true);
        break;
      case fieldTypes.BPF_RB_NODE:
        view.setUint32(at, at, true);
        break;
      case fieldTypes.BPF_LIST_HEAD:
      case fieldTypes.BPF_LIST_NODE:
        view.setUint32(at, at, true);
        view.setUint32(at + 8, at, true);
        break;
    }
  }

  /** Ends what the value holds. */
  free(value: number): void {
    const { view } = this.#memory;
    for (const { type, offset } of this.record.fields) {
      if (type !== fieldTypes.BPF_TIMER) continue;
      this.#timers.delete(view.getUint32(value + offset, true));
      view.setUint32(value + offset, 0, true);
    }
  }
}
