import { kfuncEntry, kfuncPrototypes } from "../kfuncs/kfunc-entries.ts";
import { STATIC_FUNCTIONS } from "../static-functions.ts";
import { listMembers } from "../structs/list-members.ts";
import { btfToC, typeToC } from "./dump-c.ts";
import { type MoreDeclarations, vmlinuxBytes, wholeVmlinuxBytes } from "./vmlinux-bytes.ts";

/** What the kernel declares: its types, also in C, and its functions that programs may call. */
export const wholeKernelTypes = /* @__PURE__ */ Object.freeze({
  vmlinuxBytes: () => vmlinuxBytes(kfuncPrototypes()),
  wholeVmlinuxBytes: (more: MoreDeclarations) => wholeVmlinuxBytes(kfuncPrototypes(), more),
  kfuncEntry,
  btfToC,
  typeToC,
  listMembers,
  staticFunctions: STATIC_FUNCTIONS,
});
