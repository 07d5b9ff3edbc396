/** The kernel that runs programs as a script of its own. */
import { wholeKernel } from "../facade/whole-kernel.ts";
import { handOver } from "./hand-over.ts";

handOver("kernel", wholeKernel);
