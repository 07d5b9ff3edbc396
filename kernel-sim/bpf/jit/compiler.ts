import { installedPart, neededPart } from "../../facade/parts.ts";
import { wholeJit } from "./whole-jit.ts";

/** Defined where BPF is a script of its own: then the compiler is another, which short programs do not need. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What compiles programs; it has to be there. */
export function compiler(): typeof wholeJit {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? wholeJit : neededPart("jit");
}

export function hasCompiler(): boolean {
  return typeof KERNELBOOK_IN_PARTS === "undefined" || installedPart("jit") !== undefined;
}
