/** The kernel's types and functions as programs see them, as a script of its own. */
import { wholeKernelTypes } from "../bpf/btf/whole-kernel-types.ts";
import { handOver } from "./hand-over.ts";

handOver("kernel-types", wholeKernelTypes);
