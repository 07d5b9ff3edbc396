/** Calls of the kernel's functions as a script of their own. */
import { wholeKernelCalls } from "../bpf/verifier/whole-kernel-calls.ts";
import { handOver } from "./hand-over.ts";

handOver("kernel-calls", wholeKernelCalls);
