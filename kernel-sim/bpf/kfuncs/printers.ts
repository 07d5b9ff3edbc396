import type { LoadedProgram } from "../program.ts";

/** How many programs of a machine may print to streams of their own. */
export const PRINTERS_MAX = 256;

/** The programs that print, by number. */
export class Printers {
  readonly #programs: (LoadedProgram | null | undefined)[] = [];

  /** A free number; undefined: there are too many. */
  reserve(): number | undefined {
    const free = this.#programs.indexOf(undefined);
    const printer = free < 0 ? this.#programs.length : free;
    if (printer === PRINTERS_MAX) return undefined;
    this.#programs[printer] = null;
    return printer;
  }

  own(printer: number, program: LoadedProgram): void {
    this.#programs[printer] = program;
  }

  leave(printer: number): void {
    this.#programs[printer] = undefined;
  }

  programOf(printer: number): LoadedProgram {
    return this.#programs[printer]!;
  }
}
