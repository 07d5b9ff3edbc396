import { StructOpsMap } from "../maps/struct-ops.ts";
import { runStructOps } from "../test-run-struct-ops.ts";
import { checkCoreRelo } from "../verifier/core-relo.ts";
import { CandidateCache } from "./core-candidates.ts";
import { CoreSpec } from "./core-spec.ts";
import { showType } from "./show.ts";

/** What is only done with the kernel's types: relocations, tables of its functions, and values as text. */
export const wholeTyped = /* @__PURE__ */ Object.freeze({
  checkCoreRelo,
  showType,
  createStructOps: StructOpsMap.create,
  runStructOps,
  classes: () => [StructOpsMap, CandidateCache, CoreSpec],
});
