/** Runs of programs without verification as a script of their own. */
import { wholeCheckedRuns } from "../bpf/checked/whole-checked-runs.ts";
import { handOver } from "./hand-over.ts";

handOver("checked-runs", wholeCheckedRuns);
