import { MORE_FUNCTIONS, MORE_STRUCTS, MORE_TRACEPOINTS } from "./kernel-more.ts";

/** What few programs name of the kernel's types and functions, in C. */
export const wholeMoreTypes = /* @__PURE__ */ Object.freeze({
  structs: MORE_STRUCTS,
  functions: MORE_FUNCTIONS,
  tracepoints: MORE_TRACEPOINTS,
});
