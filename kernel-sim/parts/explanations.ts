/** What the verifier's refusals mean, as a script of its own. */
import { explainRefusal } from "../bpf/explain/explain.ts";
import { handOver } from "./hand-over.ts";

handOver("explanations", explainRefusal);
