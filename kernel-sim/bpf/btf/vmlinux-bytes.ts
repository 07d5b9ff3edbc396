import { parseDeclarations } from "./c-declarations.ts";
import { btfFromBoth, btfFromC, type VariableSection } from "./from-c.ts";
import { KERNEL_LAYOUTS } from "./kernel-layouts.ts";
import { KERNEL_STRUCTS } from "./kernel-structs.ts";
import { FUNCTIONS, ITERATORS, LSM_HOOKS, TRACEPOINTS } from "./kernel-targets.ts";
import { KERNEL_TYPES } from "./kernel-types.ts";
import { PERCPU_BYTES, PERCPU_VARIABLES } from "./percpu-variables.ts";

/** Declarations in C. */
export interface MoreDeclarations {
  readonly structs: string;
  readonly functions: string;
  readonly tracepoints: string;
}

/**
 * The types of the kernel as BTF, as far as most programs need them.
 *
 * @param kfuncs prototypes of the functions that programs may call, in C
 */
export function vmlinuxBytes(kfuncs: string): Uint8Array {
  return btfFromC(parseDeclarations(mainText(kfuncs)), percpuVariables());
}

/** All of them. */
export function wholeVmlinuxBytes(kfuncs: string, more: MoreDeclarations): Uint8Array {
  const behind = more.structs + more.functions + typedefsOf(more.tracepoints);
  const main = parseDeclarations(mainText(kfuncs));
  return btfFromBoth(main, parseDeclarations(behind), percpuVariables());
}

/** Their types are read as those of what a function takes. */
function percpuVariables(): VariableSection {
  const params = PERCPU_VARIABLES.map(({ name, type }) => `${type} ${name}`).join(", ");
  const types = parseDeclarations(`void percpu(${params});`).functions.get("percpu")!.params;
  return {
    name: ".data..percpu",
    bytes: PERCPU_BYTES,
    variables: PERCPU_VARIABLES.map(({ isStatic = false, ...one }, i) => ({
      ...{ ...one, isStatic, type: types[i]!.type },
    })),
  };
}

const FUNCTION_NAME = /(\w+)\(/g;

/** With what programs are attached to: functions, and pointers to what tracepoints call. */
function mainText(kfuncs: string): string {
  return [
    KERNEL_TYPES,
    KERNEL_LAYOUTS,
    KERNEL_STRUCTS,
    kfuncs,
    FUNCTIONS,
    ITERATORS.replace(FUNCTION_NAME, "bpf_iter_$1("),
    LSM_HOOKS.replace(FUNCTION_NAME, "bpf_lsm_$1("),
    typedefsOf(TRACEPOINTS),
  ].join("");
}

function typedefsOf(tracepoints: string): string {
  return tracepoints
    .replaceAll("(void)", "()")
    .replace(/^void (\w+)\(/gm, "typedef void (*btf_trace_$1)(void *__data, ")
    .replaceAll(", )", ")");
}
