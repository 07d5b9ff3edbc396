import { checkKfuncCall } from "./check-kfunc-call.ts";

/** What only programs need that call functions of the kernel. */
export const wholeKernelCalls = /* @__PURE__ */ Object.freeze({ checkKfuncCall });
