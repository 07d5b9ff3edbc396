/** The names that cells have declared, seen by all cells as globals. */

import type { CellNames } from "../protocol.ts";

export class CellScope {
  readonly #globals: object;
  /** Names of cells that are also names of the platform: those cannot be replaced as globals. */
  readonly #shadows = new Map<string, () => unknown>();

  constructor(globals: object) {
    this.#globals = globals;
  }

  /** Takes the accessors of a cell's own names; a later cell's replace them. */
  readonly declare = (accessors: object): void => {
    for (const [name, accessor] of Object.entries(Object.getOwnPropertyDescriptors(accessors))) {
      const property = { ...accessor, enumerable: true, configurable: true };
      if (Reflect.defineProperty(this.#globals, name, property)) continue;
      if (accessor.get !== undefined) this.#shadows.set(name, accessor.get);
    }
  };

  /**
   * In a Compartment a name that nobody has declared reads as undefined. It shall fail as it does
   * in the language, until a cell declares it.
   */
  guard(required: readonly string[]): void {
    for (const name of required) {
      if (name in this.#globals) continue;
      const fail = () => {
        throw new ReferenceError(`${name} is not defined`);
      };
      const guarded = { get: fail, set: fail, enumerable: false, configurable: true };
      Reflect.defineProperty(this.#globals, name, guarded);
    }
  }

  /** Values of the platform's names that an earlier cell gave a meaning of its own. */
  shadowsFor({ reads, writes }: CellNames): { parameters: string[]; values: unknown[] } {
    const parameters: string[] = [];
    const values: unknown[] = [];
    for (const name of new Set([...reads, ...writes])) {
      const read = this.#shadows.get(name);
      if (read === undefined) continue;
      try {
        values.push(read());
        parameters.push(name);
      } catch {
        // Its cell failed before the name had a value: the platform's meaning stays.
      }
    }
    return { parameters, values };
  }
}
