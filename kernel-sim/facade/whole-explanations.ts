import { explainRefusal } from "../bpf/explain/explain.ts";
import { stepsText } from "./steps-text.ts";
import { StepRecorder } from "./verifier-steps.ts";

/** What the verifier has done, step by step, and what its refusals mean. */
export const wholeExplanations = /* @__PURE__ */ Object.freeze({
  explainRefusal,
  stepRecorder: (insnTexts: readonly string[]) => new StepRecorder(insnTexts),
  stepsText,
  classes: () => [StepRecorder],
});
