import { helperBodies, kfuncBodyNumber } from "../helpers/index.ts";

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

/** They find out that they would wait for ever. */
const REPORTING = ["bpf_res_spin_lock", "bpf_res_spin_lock_irqsave"];

/** Whether it may write to the standard error of the program. */
export function isReporting(id: number): boolean {
  return REPORTING.some((name) => kfuncBodyNumber(name, false) === id);
}

/** How many registers a helper is given; undefined: it has no body. */
export function argsOfHelper(id: number): number | undefined {
  return helperBodies[id] === undefined ? undefined : (ARGS[id] ?? 5);
}
