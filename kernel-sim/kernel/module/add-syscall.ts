import type { SystemCallPlace, SystemCallRow } from "../../api/syscalls.ts";
import { ABSENT_32, ABSENT_64 } from "../../arch/x86/entry/syscall-absent.ts";
import {
  FIRST_SYSCALLS,
  NUMBER_TAKEN_32,
  SYSCALL_ADDED,
  SYSCALL_REMOVED,
} from "../../arch/x86/entry/syscall-history.ts";
import { syscallNames32, syscallNumbers32 } from "../../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64, syscallNumbers64 } from "../../arch/x86/entry/syscall-table-64.ts";
import type { Kernel } from "../kernel.ts";
import type { SyscallFn } from "../syscall.ts";

const NUMBER_MAX = 1023;

/** What was added to the tables of this machine, by name. */
interface AddedNumbers {
  readonly number64: number | undefined;
  readonly number32: number | undefined;
}

/**
 * Puts a system call into the tables of a living kernel. Throws when the number is another call's: the tables' script
 * would not let such a kernel be built.
 *
 * @linux scripts/syscalltbl.sh, arch/x86/entry/syscalls (6.18)
 * @simplified a kernel gets its tables when it is built, and no module can change them.
 */
export function addSyscall(
  kernel: Kernel,
  name: string,
  fn: SyscallFn,
  { number64, number32 }: SystemCallPlace,
): AddedNumbers {
  if (syscallNumber(kernel, name, "64") !== undefined || syscallNumbers32[name] !== undefined) {
    throw new Error(`${name} is a system call already`);
  }
  const next = nextNumber(kernel);
  const numbers = {
    number64: number64 === null ? undefined : (number64 ?? next),
    number32: number32 === null ? undefined : (number32 ?? next),
  };
  checkFree(kernel, numbers.number64, "64");
  checkFree(kernel, numbers.number32, "32");
  if (numbers.number64 !== undefined) put(kernel.syscalls, numbers.number64, fn);
  if (numbers.number32 !== undefined) put(kernel.syscalls32, numbers.number32, fn);
  added(kernel).set(name, numbers);
  return numbers;
}

/** The number of `name` in a table of this machine. */
export function syscallNumber(kernel: Kernel, name: string, abi: "64" | "32"): number | undefined {
  const own = added(kernel).get(name);
  if (own !== undefined) return abi === "64" ? own.number64 : own.number32;
  const numbers = abi === "64" ? syscallNumbers64 : syscallNumbers32;
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined;
}

/** The name behind a number, that of added calls included. */
export function syscallName(kernel: Kernel, number: number, abi: "64" | "32"): string | undefined {
  const known = (abi === "64" ? syscallNames64 : syscallNames32)[number];
  if (known !== undefined) return known;
  for (const [name, { number64, number32 }] of added(kernel)) {
    if ((abi === "64" ? number64 : number32) === number) return name;
  }
  return undefined;
}

/** Both tables, by name, in the order of the i386 numbers. */
export function syscallRows(kernel: Kernel): SystemCallRow[] {
  const names = new Set<string>();
  for (const table of [syscallNames32, syscallNames64]) {
    for (const name of table) if (name !== undefined) names.add(name);
  }
  for (const name of added(kernel).keys()) names.add(name);
  return [...names].map((name) => {
    const number64 = syscallNumber(kernel, name, "64");
    const number32 = syscallNumber(kernel, name, "32");
    return Object.freeze({
      name,
      number64,
      number32,
      since: SYSCALL_ADDED[name],
      removed: SYSCALL_REMOVED[name],
      taken32: number32 === undefined ? undefined : numberTaken32(number32),
      hasCode64: number64 !== undefined && !ABSENT_64.includes(number64),
      hasCode32: number32 !== undefined && !ABSENT_32.includes(number32),
      isImplemented:
        (number64 !== undefined && kernel.syscalls[number64] !== undefined) ||
        (number32 !== undefined && kernel.syscalls32[number32] !== undefined),
    });
  });
}

/** A number that never had code came with the one before it. */
function numberTaken32(number: number): string | undefined {
  if (number < FIRST_SYSCALLS.length) return "0.01";
  if (syscallNames32[number] === undefined) return undefined;
  for (let at = number; at >= 0; at--) {
    const name = syscallNames32[at];
    const release = name && (NUMBER_TAKEN_32[name] ?? SYSCALL_ADDED[name]);
    if (release !== undefined) return release;
  }
  return undefined;
}

function added(kernel: Kernel): Map<string, AddedNumbers> {
  return kernel.subsystem("syscalls.added", () => new Map<string, AddedNumbers>());
}

/** New calls get one number in all tables. */
function nextNumber(kernel: Kernel): number {
  const ends = [syscallNames64, syscallNames32, kernel.syscalls, kernel.syscalls32];
  return Math.max(...ends.map(({ length }) => length));
}

function checkFree(kernel: Kernel, number: number | undefined, abi: "64" | "32"): void {
  if (number === undefined) return;
  const table = abi === "64" ? "x86-64" : "i386";
  if (!Number.isInteger(number) || number < 0 || number > NUMBER_MAX) {
    throw new TypeError(`a number of the ${table} table is from 0 to ${NUMBER_MAX}, not ${number}`);
  }
  const owner = syscallName(kernel, number, abi);
  if (owner !== undefined) throw new Error(`number ${number} of the ${table} table is ${owner}'s`);
}

function put(table: (SyscallFn | undefined)[], number: number, fn: SyscallFn): void {
  while (table.length <= number) table.push(undefined);
  table[number] = fn;
}
