import type { LoadAttr, VerifierReport, VerifierStep } from "../api.ts";
import { explainRefusal } from "../bpf/explain/explain.ts";
import { checkProgram, type ProgLoadAttr } from "../bpf/prog-load.ts";
import { textsOf } from "../bpf/program-text.ts";
import { VerifierMaps } from "../bpf/verifier-maps.ts";
import { facade } from "./facade.ts";
import type { OpenKernel } from "./map.ts";
import { loadRequest } from "./prog.ts";
import { StepRecorder } from "./verifier-steps.ts";

/** The check of BPF_PROG_LOAD alone. Its steps are worked out when somebody asks for them. */
export function verifyOnly(open: OpenKernel, attr: LoadAttr): VerifierReport {
  const kernel = open();
  const request = loadRequest(attr);
  const maps = new VerifierMaps(kernel);
  const outcome = checkProgram(kernel, request, maps);
  if (typeof outcome === "number") return refusedReport(-outcome);
  const texts = insnTexts(attr, request);
  const { error, verdict } = outcome;
  let steps: readonly VerifierStep[] | undefined;

  function recorded(): readonly VerifierStep[] {
    if (steps !== undefined) return steps;
    const recorder = new StepRecorder(texts);
    const quiet = { ...request, logLevel: 0, logSize: 0, hasLogBuffer: false };
    checkProgram(kernel, quiet, maps, recorder);
    steps = recorder.steps();
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
    get explanation() {
      if (verdict === 0) return undefined;
      return explainRefusal(error, -verdict, request.insns ?? [], recorded());
    },
  });
}

/** By slot, with the names that the program has for its maps. */
function insnTexts({ program }: LoadAttr, { insns }: ProgLoadAttr): readonly string[] {
  return program instanceof Uint8Array
    ? textsOf(insns ?? [])
    : textsOf(program.insns, program.mapNames);
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
    explanation: explainRefusal("", errno, [], []),
  });
}
