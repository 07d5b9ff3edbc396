import { EINVAL } from "../../include/errno.ts";
import { KernelMap } from "./map.ts";

/**
 * A map of values alone: what a system call updates is pushed, and what it looks up is peeked at.
 *
 * @linux kernel/bpf/syscall.c `bpf_map_update_value`, `bpf_map_copy_value` (6.18)
 */
export abstract class KeylessMap extends KernelMap {
  /** Puts the value at `value` in. */
  abstract push(value: number, flags: number): number;
  /** Writes one to `value`, and takes it out. */
  abstract pop(value: number): number;
  /** Writes one to `value`, or asks for the one that lies there. */
  abstract peek(value: number): number;

  override updateAll(_key: number, value: number, flags: number): number {
    return this.push(value, flags);
  }

  override copyValue(_key: number, to: number): number {
    return this.peek(to);
  }

  /** The verifier lets no program come here. */
  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EINVAL;
  }
}
