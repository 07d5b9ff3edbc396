/** Hardens the language itself, once for a process or Worker; after it nothing shared can change. */

import "ses";

let isLocked = false;

/**
 * Freezes the language's own objects and takes away what is not deterministic. Whatever patches
 * them (a polyfill, a library at load) must have run before.
 */
export function lockRealm(): void {
  if (isLocked) return;
  isLocked = true;
  if ("Deno" in globalThis) {
    // Its environment asks for a permission that a sandbox does not have, and throws.
    Reflect.deleteProperty(globalThis, "process");
    // The shim looks whether it is there, and that alone loads half of Node.
    Reflect.deleteProperty(globalThis, "Buffer");
  }
  // Deep in the simulator or in a recursion the cell's own line must still be in the stack.
  Error.stackTraceLimit = 60;
  lockdown({
    overrideTaming: "severe",
    // Stacks show the runtime's own files and functions; the runtime reads them from outside.
    errorTaming: "safe",
    stackFiltering: "verbose",
    regExpTaming: "safe",
    localeTaming: "safe",
    evalTaming: "safe-eval",
    domainTaming: "unsafe",
    // Ours is made for each realm; the host's stays as it is.
    consoleTaming: "unsafe",
    errorTrapping: "none",
    unhandledRejectionTrapping: "none",
    reporting: "none",
  });
  // kernel-sim works with it; a cell that got hold of a prototype must not be able to change it.
  harden(WebAssembly);
}
