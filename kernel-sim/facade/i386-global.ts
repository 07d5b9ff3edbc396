import type { I386Toolkit } from "../api-kernel.ts";
import { facade } from "./facade.ts";
import { neededPart } from "./parts.ts";

/** The global `i386` of every cell; what it does comes with the kernel. */
export const i386: I386Toolkit = facade({
  asm: (text, ...values) => toolkit().asm(text, ...values),
  assemble: (text, options) => toolkit().assemble(text, options),
  library: (text, options) => toolkit().library(text, options),
  entrySteps: (options) => toolkit().entrySteps(options),
} satisfies I386Toolkit);

function toolkit(): I386Toolkit {
  return neededPart("kernel").i386;
}
