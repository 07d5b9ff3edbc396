import { neededPart } from "../../facade/parts.ts";
import { wholeMoreTypes } from "./whole-more-types.ts";

/** Defined where BPF is a script of its own: then what few programs name is another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What stands behind the kernel's other declarations; it has to be there. */
export function moreTypes(): typeof wholeMoreTypes {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeMoreTypes : neededPart("more-types");
}
