import { neededPart } from "../../facade/parts.ts";
import { sysBpf } from "./sys-bpf.ts";

/** Defined where BPF is a script of its own: then the commands of bpf(2) are another. */
declare const KERNELBOOK_IN_PARTS: boolean | undefined;

/** What obeys bpf(2); it has to be there. */
export function bpfCalls(): typeof sysBpf {
  return typeof KERNELBOOK_IN_PARTS === "undefined" ? sysBpf : neededPart("bpf-calls");
}
