import { parseDeclarations } from "./c-declarations.ts";
import { btfFromC } from "./from-c.ts";
import { KERNEL_LAYOUTS } from "./kernel-layouts.ts";
import { KERNEL_STRUCTS } from "./kernel-structs.ts";
import { FUNCTIONS, ITERATORS, LSM_HOOKS, TRACEPOINTS } from "./kernel-targets.ts";
import { KERNEL_TYPES } from "./kernel-types.ts";

/**
 * The types of the kernel as BTF.
 *
 * @param kfuncs prototypes of the functions that programs may call, in C
 */
export function vmlinuxBytes(kfuncs: string): Uint8Array {
  const text = KERNEL_TYPES + KERNEL_LAYOUTS + KERNEL_STRUCTS + kfuncs + targetPrototypes();
  return btfFromC(parseDeclarations(text));
}

const FUNCTION_NAME = /(\w+)\(/g;

/** What programs are attached to: functions, and pointers to what tracepoints call. */
function targetPrototypes(): string {
  const tracepoints = TRACEPOINTS.replaceAll("(void)", "()")
    .replace(/^void (\w+)\(/gm, "typedef void (*btf_trace_$1)(void *__data, ")
    .replaceAll(", )", ")");
  return [
    FUNCTIONS,
    ITERATORS.replace(FUNCTION_NAME, "bpf_iter_$1("),
    LSM_HOOKS.replace(FUNCTION_NAME, "bpf_lsm_$1("),
    tracepoints,
  ].join("");
}
