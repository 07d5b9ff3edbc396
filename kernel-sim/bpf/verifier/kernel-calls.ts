import { neededPart } from "../../facade/parts.ts";
import { wholeKernelCalls } from "./whole-kernel-calls.ts";

/** Defined where BPF is a script of its own: then what only such calls need is another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What a program needs that calls functions of the kernel; it has to be there. */
export function kernelCalls(): typeof wholeKernelCalls {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeKernelCalls : neededPart("kernel-calls");
}
