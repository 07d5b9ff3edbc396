import type { SysResult } from "./sleep.ts";

/**
 * An argument of a function of the kernel: a number, or something that programs see as a structure,
 * by the name that Linux has for it.
 */
export type KernelArg = number | { readonly struct: string; readonly of: unknown };

/** What hangs on functions inside of the kernel. There is none of these as long as nothing does. */
export interface FunctionProbes {
  /**
   * Calls a function with what hangs on its entry and its return; a program may answer in its place.
   *
   * @param args asked for once for each end at which something hangs
   */
  call<T extends SysResult>(
    func: string,
    args: () => readonly KernelArg[],
    body: () => T,
  ): T | number;
  /** A function begins that never returns. */
  enter(func: string, args: () => readonly KernelArg[]): void;
}
