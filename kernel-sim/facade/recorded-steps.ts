import type { LoadAttr, VerifierStep } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { checkProgram, type ProgLoadAttr } from "../bpf/prog-load.ts";
import { textsOf } from "../bpf/program-text.ts";
import type { VerifierMaps } from "../bpf/verifier-maps.ts";
import { StepRecorder } from "./verifier-steps.ts";

/** The steps of a check, which is made once more for them. */
export function recordedSteps(
  kernel: BpfKernel,
  request: ProgLoadAttr,
  maps: VerifierMaps,
  texts: readonly string[],
): readonly VerifierStep[] {
  const recorder = new StepRecorder(texts);
  const quiet = { ...request, logLevel: 0, logSize: 0, hasLogBuffer: false };
  checkProgram(kernel, quiet, maps, recorder);
  return recorder.steps();
}

/** By slot, with the names that the program has for its maps. */
export function insnTexts({ program }: LoadAttr, { insns }: ProgLoadAttr): readonly string[] {
  return program instanceof Uint8Array
    ? textsOf(insns ?? [])
    : textsOf(program.insns, program.mapNames);
}
