/** What real machines recorded, as a script of its own. */
import { recordings } from "../trace/recordings/index.ts";
import { handOver } from "./hand-over.ts";

handOver("recordings", recordings);
