/** The kernel's types and functions as programs see them, as a script of its own. */
import { vmlinuxBytes } from "../bpf/btf/vmlinux-bytes.ts";
import { handOver } from "./hand-over.ts";

handOver("kernel-types", vmlinuxBytes);
