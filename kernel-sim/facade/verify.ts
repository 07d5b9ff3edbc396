import type { LoadAttr, VerifierReport, VerifierStep } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { checkProgram, type ProgLoadAttr } from "../bpf/prog-load.ts";
import { VerifierMaps } from "../bpf/verifier-maps.ts";
import { facade } from "./facade.ts";
import type { OpenKernel } from "./map.ts";
import { neededPart } from "./parts.ts";
import { withRequest } from "./prog.ts";
import { insnTexts, recordedSteps } from "./recorded-steps.ts";

/** The check of BPF_PROG_LOAD alone. Its steps are worked out when somebody asks for them. */
export function verifyOnly(open: OpenKernel, attr: LoadAttr): VerifierReport {
  const kernel = open();
  return withRequest(kernel, attr, (request) => verifyAs(kernel, attr, request));
}

function verifyAs(kernel: BpfKernel, attr: LoadAttr, request: ProgLoadAttr): VerifierReport {
  const texts = insnTexts(attr, request);
  const maps = new VerifierMaps(kernel);
  const outcome = checkProgram(kernel, request, maps);
  if (typeof outcome === "number") return refusedReport(-outcome);
  const { error, verdict } = outcome;
  let steps: readonly VerifierStep[] | undefined;

  function recorded(): readonly VerifierStep[] {
    if (steps !== undefined) return steps;
    steps = recordedSteps(kernel, request, maps, texts());
    return steps;
  }

  return facade({
    // As in load(), a log that is too long does not change the answer.
    ok: verdict === 0,
    errno: Math.abs(verdict),
    error,
    log: outcome.log,
    insnsProcessed: outcome.insnsProcessed,
    totalStates: outcome.totalStates,
    peakStates: outcome.peakStates,
    maxStatesPerInsn: outcome.maxStatesPerInsn,
    get steps() {
      return recorded();
    },
    get stepsText() {
      return neededPart("explanations").stepsText(recorded());
    },
    get explanation() {
      if (verdict === 0) return undefined;
      const { log } = outcome;
      return neededPart("explanations").explainRefusal(
        error,
        -verdict,
        request.insns ?? [],
        recorded(),
        log,
      );
    },
  });
}

/** The arguments were refused before the program was looked at. */
function refusedReport(errno: number): VerifierReport {
  return facade({
    ok: false,
    errno,
    error: "",
    log: "",
    insnsProcessed: 0,
    totalStates: 0,
    peakStates: 0,
    maxStatesPerInsn: 0,
    steps: Object.freeze([]),
    stepsText: "",
    get explanation() {
      return neededPart("explanations").explainRefusal("", errno, [], []);
    },
  });
}
