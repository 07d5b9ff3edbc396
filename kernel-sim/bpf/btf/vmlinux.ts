import { invariant } from "../../hw/simulator-bug.ts";
import { VerifierLog } from "../verifier/log.ts";
import type { Btf } from "./btf.ts";
import { kernelDeclarations } from "./kernel-declarations.ts";
import { moreTypes } from "./more-types.ts";
import { btfParse } from "./parse.ts";

let vmlinux: Btf | undefined;

/**
 * The types of the kernel, and its functions that programs may call: made when somebody first asks, and the same for
 * all machines. What few programs name is only made when one does.
 *
 * @linux kernel/bpf/btf.c `btf_vmlinux`, `bpf_get_btf_vmlinux` (6.18)
 */
export function btfVmlinux(): Btf {
  vmlinux ??= makeVmlinux();
  return vmlinux;
}

/** Types of which nobody has named any yet. */
export function makeVmlinux(): Btf {
  const { vmlinuxBytes, wholeVmlinuxBytes } = kernelDeclarations();
  const btf = parsed(vmlinuxBytes());
  btf.isKernel = true;
  btf.growLater(() => parsed(wholeVmlinuxBytes(moreTypes())));
  Object.freeze(btf);
  return btf;
}

function parsed(bytes: Uint8Array): Btf {
  const btf = btfParse(bytes, new VerifierLog(0, 0));
  invariant(typeof btf !== "number", "the types of the kernel are not as they must be");
  for (let id = 0; id < btf.nrTypes; id++) freeze(btf.typeById(id)!);
  return btf;
}

/** All machines look at the same types. */
function freeze(part: object): void {
  Object.freeze(part);
  for (const inner of Object.values(part)) {
    if (typeof inner === "object" && inner !== null) freeze(inner);
  }
}
