import type { SysCall } from "../sys-port.ts";

/** A call that makes none: it answers `value` at once. */
// biome-ignore lint/correctness/useYield: it stands where a call is expected.
export function* answer<T>(value: T): SysCall<T> {
  return value;
}
