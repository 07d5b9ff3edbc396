/** What the verifier has done, and what its refusals mean, as a script of its own. */
import { wholeExplanations } from "../facade/whole-explanations.ts";
import { handOver } from "./hand-over.ts";

handOver("explanations", wholeExplanations);
