import { invariant } from "../../hw/simulator-bug.ts";
import { kfuncPrototypes } from "../kfuncs/kfunc-sets.ts";
import { VerifierLog } from "../verifier/log.ts";
import type { Btf } from "./btf.ts";
import { parseDeclarations } from "./c-declarations.ts";
import { btfFromC } from "./from-c.ts";
import { KERNEL_LAYOUTS } from "./kernel-layouts.ts";
import { FUNCTIONS, ITERATORS, LSM_HOOKS, TRACEPOINTS } from "./kernel-targets.ts";
import { KERNEL_TYPES } from "./kernel-types.ts";
import { btfParse } from "./parse.ts";

let vmlinux: Btf | undefined;

/**
 * The types of the kernel, and its functions that programs may call: made when somebody first asks, and the same for
 * all machines.
 *
 * @linux kernel/bpf/btf.c `btf_vmlinux`, `bpf_get_btf_vmlinux` (6.18)
 */
export function btfVmlinux(): Btf {
  vmlinux ??= parsed(
    btfFromC(
      parseDeclarations(KERNEL_TYPES + KERNEL_LAYOUTS + kfuncPrototypes() + targetPrototypes()),
    ),
  );
  return vmlinux;
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

function parsed(bytes: Uint8Array): Btf {
  const btf = btfParse(bytes, new VerifierLog(0, 0));
  invariant(typeof btf !== "number", "the types of the kernel are not as they must be");
  btf.isKernel = true;
  return btf;
}
