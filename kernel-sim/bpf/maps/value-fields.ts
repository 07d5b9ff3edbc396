import { BPF_SPIN_LOCK } from "../btf/field-types.ts";
import { initFields } from "../btf/init-fields.ts";
import type { BtfRecord } from "../btf/record.ts";
import type { BpfMemory } from "../memory.ts";

/**
 * What of the values of a map is the kernel's own: copies leave it out, and it ends with the value.
 *
 * @linux include/linux/bpf.h `bpf_obj_memcpy`, `bpf_obj_init`, kernel/bpf/syscall.c
 * `bpf_obj_free_fields` (6.18)
 */
export class ValueFields {
  readonly record: BtfRecord;
  readonly #memory: BpfMemory;
  readonly #free: (record: BtfRecord, value: number) => void;

  /** @param free gives up what a value holds */
  constructor(
    record: BtfRecord,
    memory: BpfMemory,
    free: (record: BtfRecord, value: number) => void,
  ) {
    this.record = record;
    this.#memory = memory;
    this.#free = free;
  }

  get hasLock(): boolean {
    return this.record.has(BPF_SPIN_LOCK);
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
    initFields(this.#memory, this.record, value);
  }

  /** Ends what the value holds. */
  free(value: number): void {
    this.#free(this.record, value);
  }
}
