import type { EventFields } from "../trace/ring.ts";

/**
 * An argument of a function of the kernel: a number, or something that programs see as a structure,
 * by the name that Linux has for it.
 */
export type KernelArg = number | { readonly struct: string; readonly of: unknown };

/** What hangs on functions and events inside of the kernel. There is none of these as long as nothing does. */
export interface FunctionProbes {
  /**
   * Calls a function with what hangs on its entry and its return; a program may answer in its place.
   *
   * @param args asked for once for each end at which something hangs
   * @param shown what programs see of an answer that is no number
   */
  call<T>(
    func: string,
    args: () => readonly KernelArg[],
    body: () => T,
    shown?: (answer: unknown) => KernelArg,
  ): T | number;
  /** A function begins that never returns. */
  enter(func: string, args: () => readonly KernelArg[]): void;
  /** A tracepoint that only programs hear of: the trace does not keep it. */
  event(name: string, fields: () => EventFields): void;
}

/** Calls a function that answers nothing, with what hangs on its entry and its return. */
export function callVoid(
  probes: FunctionProbes,
  func: string,
  args: () => readonly KernelArg[],
  body: () => void,
): void {
  probes.call(func, args, () => {
    body();
    return 0;
  });
}
