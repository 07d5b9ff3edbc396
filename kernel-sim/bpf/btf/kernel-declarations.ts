import { neededPart } from "../../facade/parts.ts";
import { wholeKernelTypes } from "./whole-kernel-types.ts";

/** Defined where BPF is a script of its own: then the declarations are another, which few programs need. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What the kernel declares; it has to be there. */
export function kernelDeclarations(): typeof wholeKernelTypes {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeKernelTypes : neededPart("kernel-types");
}
