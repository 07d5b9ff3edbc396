/** The commands of bpf(2) as a script of its own. */
import { sysBpf } from "../bpf/sys/sys-bpf.ts";
import { handOver } from "./hand-over.ts";

handOver("bpf-calls", sysBpf);
