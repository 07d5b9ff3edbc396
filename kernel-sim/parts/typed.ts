/** What is only done with the kernel's types, as a script of its own. */
import { wholeTyped } from "../bpf/btf/whole-typed.ts";
import { handOver } from "./hand-over.ts";

handOver("typed", wholeTyped);
