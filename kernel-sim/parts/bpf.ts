/** BPF as a script of its own. */
import { wholeBpf } from "../facade/whole-bpf.ts";
import { handOver } from "./hand-over.ts";

handOver("bpf", wholeBpf);
