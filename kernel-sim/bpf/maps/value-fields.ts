import { BPF_SPIN_LOCK, BPF_TASK_WORK, BPF_TIMER, BPF_WORKQUEUE } from "../btf/field-types.ts";
import { initFields } from "../btf/init-fields.ts";
import { BtfRecord } from "../btf/record.ts";
import type { BpfMemory } from "../memory.ts";

const ASYNC = BPF_TIMER | BPF_WORKQUEUE | BPF_TASK_WORK;

/**
 * What of the values of a map is the kernel's own: copies leave it out, and it ends with the value.
 *
 * @linux include/linux/bpf.h `bpf_obj_memcpy`, `bpf_obj_init`, kernel/bpf/syscall.c
 * `bpf_obj_free_fields` (6.18)
 */
export class ValueFields {
  readonly record: BtfRecord;
  readonly #async: BtfRecord;
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
    this.#async = new BtfRecord(record.fields.filter(({ type }) => (type & ASYNC) !== 0));
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

  /** Zeroes the rest of a value, which others may look at. @linux include/linux/bpf.h `zero_map_value` (6.18) */
  zeroOthers(value: number, size: number): void {
    const { bytes } = this.#memory;
    let start = 0;
    for (const { offset, size: fieldBytes } of this.record.fields) {
      bytes.fill(0, value + start, value + offset);
      start = offset + fieldBytes;
    }
    bytes.fill(0, value + start, value + size);
  }

  /** As they are in a value that nobody has used. */
  init(value: number): void {
    initFields(this.#memory, this.record, value);
  }

  /** Whether a value may hold what calls functions later. */
  get isAsync(): boolean {
    return this.#async.fields.length > 0;
  }

  /** Ends that. @linux kernel/bpf/syscall.c `bpf_obj_free_timer`, `bpf_obj_free_workqueue` (6.18) */
  freeAsync(value: number): void {
    this.#free(this.#async, value);
  }

  /** Ends what the value holds. */
  free(value: number): void {
    this.#free(this.record, value);
  }
}
