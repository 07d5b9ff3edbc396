/** Puts BPF into the base: importing this gives machines all of BPF, and what was recorded for it. */

import { kernelTypesPart } from "../bpf/btf/kernel-types-part.ts";
import { explainRefusal } from "../bpf/explain/explain.ts";
import { wholeJit } from "../bpf/jit/whole-jit.ts";
import { recordings } from "../trace/recordings/index.ts";
import { installParts } from "./parts.ts";
import { wholeBpf } from "./whole-bpf.ts";

installParts({
  bpf: wholeBpf,
  explanations: explainRefusal,
  jit: wholeJit,
  "kernel-types": kernelTypesPart,
  recordings,
});
