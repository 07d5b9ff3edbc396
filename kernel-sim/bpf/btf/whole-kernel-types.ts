import { kfuncEntry, kfuncPrototypes } from "../kfuncs/kfunc-entries.ts";
import { btfToC, typeToC } from "./dump-c.ts";
import { vmlinuxBytes } from "./vmlinux-bytes.ts";

/** What the kernel declares: its types, also in C, and its functions that programs may call. */
export const wholeKernelTypes = /* @__PURE__ */ Object.freeze({
  vmlinuxBytes: () => vmlinuxBytes(kfuncPrototypes()),
  kfuncEntry,
  btfToC,
  typeToC,
});
