/**
 * The kernel as a script of its own, which stands in front of the base in a Worker that runs programs. The
 * base takes it from the global object before any other code runs.
 */
import { wholeKernel } from "./facade/whole-kernel.ts";

Object.defineProperty(globalThis, "kernelbookKernel", { value: wholeKernel, configurable: true });
