import { neededPart } from "../../facade/parts.ts";
import { wholeXlate } from "./whole-xlate.ts";
import type { Xlated, XlateInput } from "./xlate.ts";

/** Defined where BPF is a script of its own: then what only shows programs is another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** The program as Linux would show it. */
export function xlated(input: XlateInput): Xlated {
  const part = typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeXlate : neededPart("xlate");
  return part.xlate(input);
}
