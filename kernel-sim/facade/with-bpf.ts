/** Puts BPF into the base: importing this gives machines all of BPF, and what was recorded for it. */

import { wholeKernelTypes } from "../bpf/btf/whole-kernel-types.ts";
import { wholeMoreTypes } from "../bpf/btf/whole-more-types.ts";
import { wholeTyped } from "../bpf/btf/whole-typed.ts";
import { wholeCheckedRuns } from "../bpf/checked/whole-checked-runs.ts";
import { wholeJit } from "../bpf/jit/whole-jit.ts";
import { sysBpf } from "../bpf/sys/sys-bpf.ts";
import { wholeKernelCalls } from "../bpf/verifier/whole-kernel-calls.ts";
import { wholeXlate } from "../bpf/xlate/whole-xlate.ts";
import { recordings } from "../trace/recordings/index.ts";
import { installParts } from "./parts.ts";
import { wholeBpf } from "./whole-bpf.ts";
import { wholeExplanations } from "./whole-explanations.ts";

installParts({
  bpf: wholeBpf,
  "bpf-calls": sysBpf,
  "checked-runs": wholeCheckedRuns,
  explanations: wholeExplanations,
  jit: wholeJit,
  "kernel-calls": wholeKernelCalls,
  "kernel-types": wholeKernelTypes,
  "more-types": wholeMoreTypes,
  recordings,
  typed: wholeTyped,
  xlate: wholeXlate,
});
