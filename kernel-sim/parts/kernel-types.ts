/** The kernel's types and functions as programs see them, as a script of its own. */
import { kernelTypesPart } from "../bpf/btf/kernel-types-part.ts";
import { handOver } from "./hand-over.ts";

handOver("kernel-types", kernelTypesPart);
