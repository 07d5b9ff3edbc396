import { neededPart } from "../../facade/parts.ts";
import { wholeTyped } from "./whole-typed.ts";

/** Defined where BPF is a script of its own: then what only the kernel's types are needed for is another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What is done with the kernel's types; it has to be there. */
export function typed(): typeof wholeTyped {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeTyped : neededPart("typed");
}
