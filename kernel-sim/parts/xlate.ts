/** What Linux makes of programs, as a script of its own. */
import { wholeXlate } from "../bpf/xlate/whole-xlate.ts";
import { handOver } from "./hand-over.ts";

handOver("xlate", wholeXlate);
