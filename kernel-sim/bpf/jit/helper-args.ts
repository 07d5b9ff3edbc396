import { helperBodies } from "../helpers/index.ts";
import { resSpinLock, resSpinLockIrqsave } from "../kfuncs/res-spin-lock.ts";

/** Of helpers that are called often, how many arguments they take. */
const ARGS: Readonly<Record<number, number>> = {
  1: 2,
  2: 4,
  3: 2,
  5: 0,
  7: 0,
  8: 0,
  14: 0,
  15: 0,
  42: 0,
  87: 3,
  88: 2,
  89: 2,
  118: 0,
  125: 0,
  160: 0,
  195: 3,
};

/** Whether it may write to the standard error of the program. */
export function isReporting(id: number): boolean {
  return helperBodies[id] === resSpinLock || helperBodies[id] === resSpinLockIrqsave;
}

/** How many registers a helper is given; undefined: it has no body. */
export function argsOfHelper(id: number): number | undefined {
  return helperBodies[id] === undefined ? undefined : (ARGS[id] ?? 5);
}
