import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { syscallNumbers64 } from "../../../kernel-sim/arch/x86/entry/syscall-table-64.ts";
import type { Int } from "./scenario.ts";

const SHIPPED = join(import.meta.dirname, "constants.json");

/** The names that scenarios use, with their x86-64 values; `SYS_<name>` are system call numbers. */
export class Constants {
  private readonly values: ReadonlyMap<string, number>;
  private readonly callNames: ReadonlyMap<number, string>;

  constructor(values: Readonly<Record<string, number>>) {
    this.values = new Map(Object.entries(values));
    this.callNames = new Map(
      Object.entries(values)
        .filter(([name]) => name.startsWith("SYS_"))
        .map(([name, nr]) => [nr, name.slice("SYS_".length)]),
    );
  }

  /** The number of a system call, or nothing for a name that nobody knows. */
  callNumber(name: string): number | undefined {
    return this.values.get(`SYS_${name}`);
  }

  callName(nr: number): string | undefined {
    return this.callNames.get(nr);
  }

  /** An expression of names and numbers, OR-ed; `~X` is the complement. */
  evaluate(expression: string): Int {
    let bits = 0n;
    for (const term of expression.split("|")) bits |= this.term(term.trim());
    return narrow(bits);
  }

  private term(term: string): bigint {
    if (term.startsWith("~")) return ~this.term(term.slice(1).trim());
    if (/^-?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|\d+)$/.test(term)) {
      return term.startsWith("-") ? -BigInt(term.slice(1)) : BigInt(term);
    }
    const value = this.values.get(term);
    if (value === undefined) throw new Error(`no constant is called "${term}"`);
    return BigInt(value);
  }
}

function narrow(value: bigint): Int {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The shipped constants, with those that lie beside a corpus file, which go before them. */
export function constantsFor(corpusFile?: string): Constants {
  const beside = corpusFile === undefined ? undefined : join(dirname(corpusFile), "constants.json");
  const own = beside !== undefined && existsSync(beside) ? readJson(beside) : {};
  return new Constants({ ...tableNumbers(), ...readJson(SHIPPED), ...own });
}

/** Calls that no scenario of the corpus makes have numbers too. */
function tableNumbers(): Record<string, number> {
  const numbers = Object.entries(syscallNumbers64);
  return Object.fromEntries(numbers.map(([name, nr]) => [`SYS_${name}`, nr]));
}

function readJson(file: string): Record<string, number> {
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
}
