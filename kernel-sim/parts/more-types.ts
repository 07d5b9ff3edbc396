/** Types and functions of the kernel that few programs name, as a script of their own. */
import { wholeMoreTypes } from "../bpf/btf/whole-more-types.ts";
import { handOver } from "./hand-over.ts";

handOver("more-types", wholeMoreTypes);
