import { neededPart } from "../../facade/parts.ts";
import { wholeCheckedRuns } from "./whole-checked-runs.ts";

/** Defined where BPF is a script of its own: then runs under checks are another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What runs programs that nobody has verified; it has to be there. */
export function checkedRuns(): typeof wholeCheckedRuns {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeCheckedRuns : neededPart("checked-runs");
}
