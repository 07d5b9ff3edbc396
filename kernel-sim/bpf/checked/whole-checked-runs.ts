import { Dynptrs } from "./dynptrs.ts";
import { ObjectTable } from "./objects.ts";
import { CheckedRun } from "./run.ts";
import { RunObjects } from "./run-objects.ts";
import { runUnverified } from "./run-unverified.ts";

/** What runs programs that nobody has verified. */
export const wholeCheckedRuns = /* @__PURE__ */ Object.freeze({
  runUnverified,
  /** Classes to be frozen before student code runs. */
  classes: () => [CheckedRun, Dynptrs, ObjectTable, RunObjects],
});
