/** The compiler of BPF programs as a script of its own. */
import { wholeJit } from "../bpf/jit/whole-jit.ts";
import { handOver } from "./hand-over.ts";

handOver("jit", wholeJit);
